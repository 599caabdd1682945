import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

interface Connection {
  readonly broker: string;
  readonly requestQueue: { rejectAll(error: Error): void };
  disconnect(): Promise<unknown>;
}

/** Node can't see it by name: kafkajs is CommonJS. */
const { KafkaJSConnectionError } = kafkajs;

/** A request that is made while its connection closes is never answered, refused or timed out. */
export function refuseWhileClosing(): void {
  const { prototype }: { prototype: Connection } = createRequire(import.meta.url)('kafkajs/src/network/connection');
  const { disconnect } = prototype;
  prototype.disconnect = async function disconnectWhole(this: Connection): Promise<unknown> {
    const done = await disconnect.call(this);
    this.requestQueue.rejectAll(new KafkaJSConnectionError('Closed connection', { broker: this.broker }));
    return done;
  };
}
