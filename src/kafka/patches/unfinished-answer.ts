import { createRequire } from 'node:module';

interface Connection {
  chunks: readonly Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<unknown>;
}

/** Of the number in front of each answer. */
const LENGTH_BYTES = 4;

/**
 * A connection keeps the beginning of an answer that was not finished, and takes the first bytes after connecting anew for the
 * rest of it: it is silent for ever.
 */
export function forgetUnfinishedAnswers(): void {
  const { prototype }: { prototype: Connection } = createRequire(import.meta.url)('kafkajs/src/network/connection');
  const { connect } = prototype;
  prototype.connect = function connectAnew(this: Connection): Promise<unknown> {
    if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: LENGTH_BYTES });
    return connect.call(this);
  };
}
