/** A message as it was read; of kafkajs's own, what we look at. */
export interface KafkaMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A whole number, as everywhere in kafkajs: it would not always fit into a number of JavaScript. */
  readonly offset: string;
  /** When it was written, milliseconds since the epoch. */
  readonly timestamp: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}
