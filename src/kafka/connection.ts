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

interface Cluster {
  metadata(options: object): Promise<object | null>;
}

/** Node can't see it by name: kafkajs is CommonJS. */
const { KafkaJSConnectionError } = kafkajs;

/** Of the number in front of each answer. */
const LENGTH_BYTES = 4;

let isMended = false;

/**
 * Three faults of kafkajs 2.2.4 while brokers go away. A connection keeps the beginning of an answer that was not finished, and takes
 * the first bytes after connecting anew for the rest of it: it is silent for ever. So is a request that is made while its connection
 * closes. And where no broker answers what there is, that is not said, but fallen over.
 */
export function mendConnections(): void {
  if (isMended) return;
  isMended = true;
  const require = createRequire(import.meta.url);
  forgetUnfinished(require('kafkajs/src/network/connection').prototype);
  sayThatNobodyAnswers(require('kafkajs/src/cluster').prototype);
}

function forgetUnfinished(prototype: Connection): void {
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

function sayThatNobodyAnswers(prototype: Cluster): void {
  const { metadata } = prototype;
  prototype.metadata = async function metadataOrError(this: Cluster, options: object): Promise<object> {
    const found = await metadata.call(this, options);
    if (found === null) throw new KafkaJSConnectionError('No broker answered');
    return found;
  };
}
