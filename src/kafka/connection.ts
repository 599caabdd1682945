import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

/** The part of kafkajs's connection that is mended here. */
interface Connection {
  readonly broker: string;
  readonly requestQueue: { rejectAll(error: Error): void };
  chunks: readonly Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** Node can't see it by name: kafkajs is CommonJS. */
const { KafkaJSConnectionError } = kafkajs;

/** Of the number in front of each answer. */
const LENGTH_BYTES = 4;

let isMended = false;

/**
 * Two faults of kafkajs 2.2.4 after which a connection is silent for ever. It keeps the beginning of an answer that a broker could not finish,
 * and takes the first bytes after connecting anew for the rest of it. And a request that is made while the connection closes is
 * neither sent nor refused.
 */
export function mendConnections(): void {
  if (isMended) return;
  isMended = true;
  const { prototype }: { prototype: Connection } = createRequire(import.meta.url)('kafkajs/src/network/connection');
  const { connect, disconnect } = prototype;
  prototype.connect = function connectAnew(this: Connection): Promise<unknown> {
    if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: LENGTH_BYTES });
    return connect.call(this);
  };
  prototype.disconnect = async function disconnectWhole(this: Connection): Promise<unknown> {
    const done = await disconnect.call(this);
    this.requestQueue.rejectAll(new KafkaJSConnectionError('Closed connection', { broker: this.broker }));
    return done;
  };
}
