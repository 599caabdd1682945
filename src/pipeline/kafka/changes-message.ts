import { UsageError } from '../../errors.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import { MARKER } from '../../kafka/topic-tail.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { MIGRATIONS } from '../../sinks/store-schema.ts';

/** One message of the responder's changelog. */
export interface ChangesMessage {
  /** 1 for the first ever, without a gap. */
  readonly seq: number;
  /** Who wrote it: another id with each takeover. */
  readonly writer: string;
  /** As `Store.apply` takes them. */
  readonly changes: Uint8Array;
}

export const changesMessage = (topic: string, { seq, writer, changes }: ChangesMessage): OutMessage => ({
  topic,
  partition: 0,
  key: writer,
  value: Buffer.from(changes),
  headers: { seq: String(seq), schema: String(MIGRATIONS.length) },
});

/** Says only how far the changelog has come. */
export const markerMessage = (topic: string, marker: string): OutMessage => ({
  topic,
  partition: 0,
  key: MARKER,
  value: marker,
});

/** The marker that a message is; undefined for any other message. */
export const markerOf = ({ key, value }: KafkaMessage): string | undefined =>
  key?.toString() === MARKER ? (value?.toString() ?? '') : undefined;

/** @throws UsageError where a newer Wayward wrote it; Error for what no responder wrote */
export function readChanges({ key, value, headers, offset }: KafkaMessage, topic: string): ChangesMessage {
  const seq = Number(headers?.['seq']?.toString());
  const schema = Number(headers?.['schema']?.toString());
  if (key === null || value === null || !Number.isSafeInteger(seq) || !Number.isSafeInteger(schema))
    throw new Error(`${topic}: the message at ${offset} is no responder's: who else may write to this topic?`);
  if (schema > MIGRATIONS.length)
    throw new UsageError(
      `${topic}: was written by a newer Wayward (schema ${schema}, this one knows ${MIGRATIONS.length}); upgrade this one`,
    );
  return { seq, writer: key.toString(), changes: value };
}
