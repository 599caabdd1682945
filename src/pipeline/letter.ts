import { hash } from 'node:crypto';
import type { Layers } from '../formats/envelopes/registry.ts';
import { cleanExcerpt } from '../formats/excerpt.ts';
import { isPiece, PIECES } from '../record-pieces.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import type { Framing, TooLong } from '../sources/framing.ts';
import type { Source } from '../sources/source.ts';

export const NOT_REACHED = 'None of the next 1,000 records of its source comes near its time.';
export const TOO_LONG = 'The record is longer than 1 MiB, and its first 16 KiB do not hold what an event needs.';
const NO_ENVELOPE =
  'The lines of this log are in envelopes (CRI, json-file, syslog, @cee:); this one is in none, so nobody knows who wrote it.';

/** What a person is told of a reason that a record has before any format reads it. */
export const detailOf = (reason: string): string | undefined =>
  isPiece(reason) ? PIECES[reason] : reason === 'no-envelope' ? NO_ENVELOPE : undefined;

/** How the source of a record is cut into records. */
interface Cut {
  readonly framing: Framing | undefined;
  readonly layers: Layers;
}

/** The dead letter of a record that stands at `position` of what the source has given. */
export const letterOf = (
  source: Source,
  record: Buffer,
  position: number,
  reason: string,
  detail: string | undefined,
  { framing = 'line', layers }: Cut,
): DeadLetter => {
  const { name, offset } = source.save(position);
  return {
    source: name,
    position: offset,
    length: record.length,
    hash: hash('sha256', record, 'hex'),
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(framing === 'line' || framing === 'json' ? {} : { framing }),
    ...(layers.length > 0 && { layers }),
    excerpt: cleanExcerpt(record),
  };
};

export const letterOfLong = (source: Source, found: TooLong, reason: string, detail: string): DeadLetter => {
  const { position, length, hash: ofBytes, head } = found;
  const { name, offset } = source.save(position);
  return { source: name, position: offset, length, hash: ofBytes, reason, detail, excerpt: cleanExcerpt(head) };
};

/** What to say of a source that is in no format that is known. */
export const unknownFormat = (source: string, closest: string | undefined): string =>
  `${source}: no known log format; each of its records is a dead letter (unknown-format).${closest === undefined ? '' : ` ${closest}`} If you know the format, name it: --format ID. Any log of JSON can be described under formats: (docs/formats-language.md)`;
