import { type Layers, openLines } from '../formats/envelopes/registry.ts';
import type { Format } from '../formats/format.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import { readAgain, readStart } from '../sources/read-again.ts';
import type { LaneOptions } from './lane.ts';
import { type Replayed, useAgain, whyNotRead } from './replay.ts';

/** Enough to tell a format by, also where a client's text imitates one. */
const SAMPLE = 1024 * 1024;

/** What becomes of a dead letter of a file when its record is read again, in the file's format of now. */
export async function replayFromFile(letter: DeadLetter, options: LaneOptions): Promise<Replayed> {
  const { source, position, length } = letter;
  try {
    const record = whyNotRead(letter) === undefined ? await readAgain(source, position, length) : undefined;
    const { layers, format } = record === undefined ? NOTHING : await howItIsRead(source, options);
    return await useAgain(letter, record, format, { ...options, layers }, Date.now());
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { outcome: 'gone' }; // no such file, or none that can be read
    throw error;
  }
}

const NOTHING = { layers: [], format: undefined };

async function howItIsRead(
  name: string,
  { detect, format }: LaneOptions,
): Promise<{ layers: Layers; format: Format | undefined }> {
  if (format?.framing === 'csv') return { layers: [], format };
  const { layers, lines } = openLines((await readStart(name, SAMPLE)).toString().split(/\r?\n/));
  return { layers, format: format ?? detect(lines, { name, fromStart: true, isWrapped: layers.length > 0 }) };
}
