import { timingSafeEqual } from 'node:crypto';
import type { Redactor } from '../../formats/redact.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { type DeadLetter, isLetter } from '../../sources/dead-letter.ts';
import { ForeignMessage, parsed } from './foreign.ts';

/** Where the record of a dead letter stands; its offset is the letter's position. */
interface RawPlace {
  readonly topic: string;
  readonly partition: number;
}

/** A dead letter that tells of a record in a raw topic. */
export interface RawLetter extends RawPlace {
  readonly letter: DeadLetter;
  /** Made by Wayward: with the fingerprint key, over the place and the hash of the record. */
  readonly seal: string;
}

/** NUL stands in no text that is ever taken for a secret: so nothing in a record has a fingerprint that is a seal. */
const SEALED = '\u0000dead letter\u0000';

/** Proves that an ingester could not use this very record. Whoever can only write to the topic can't make one. */
const sealOf = ({ topic, partition }: RawPlace, { position, hash }: DeadLetter, redactor: Redactor): string =>
  redactor.fingerprint(`${SEALED}${topic}\u0000${partition}\u0000${position}\u0000${hash}`);

export function isSealed(found: RawLetter, redactor: Redactor): boolean {
  const [own, given] = [sealOf(found, found.letter, redactor), found.seal].map((seal) => Buffer.from(seal));
  return own?.length === given?.length && own !== undefined && given !== undefined && timingSafeEqual(own, given);
}

export function letterMessage(to: string, letter: DeadLetter, place: RawPlace, redactor: Redactor): OutMessage {
  const { topic, partition } = place;
  const seal = sealOf(place, letter, redactor);
  return {
    topic: to,
    partition: 0,
    key: letter.source,
    value: JSON.stringify(letter),
    headers: { reason: letter.reason, topic, partition: String(partition), offset: String(letter.position), seal },
  };
}

/** @throws ForeignMessage */
export function readLetter({ value }: KafkaMessage): DeadLetter {
  const letter = parsed(String(value));
  if (!isLetter(letter)) throw new ForeignMessage('it is no dead letter');
  return letter;
}

/** Undefined where the letter tells of something else than a record of a raw topic. @throws ForeignMessage */
export function rawLetterOf(message: KafkaMessage): RawLetter | undefined {
  const letter = readLetter(message);
  const text = (name: string): string => String(message.headers?.[name] ?? '');
  const [topic, partition, seal] = [text('topic'), text('partition'), text('seal')];
  if (topic === '' || seal === '' || !/^\d{1,9}$/.test(partition)) return undefined;
  return { topic, partition: Number(partition), seal, letter };
}
