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

/** The last millisecond that a date can have. */
const LAST_TIME = 8.64e15;

/** Milliseconds since the epoch, within what a date can be: whoever writes says when. */
export const writtenAt = ({ timestamp }: Pick<KafkaMessage, 'timestamp'>): number =>
  Math.min(Math.max(Number(timestamp) || 0, 0), LAST_TIME);

/** Whether it is a time as `writtenAt` gives it. */
export const isTime = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_TIME;
