import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { useAgain } from '../../src/pipeline/replay.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import type { Source } from '../../src/sources/source.ts';
import { redactor } from '../formats/records.ts';

const record = (second: number, more: object = {}): string =>
  JSON.stringify({
    eventVersion: '1.08',
    eventTime: `2026-11-02T10:00:${String(second).padStart(2, '0')}Z`,
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    userIdentity: { type: 'IAMUser', accessKeyId: 'AKIAEXAMPLE00000000B' },
    ...more,
  });
const broken = record(2, { eventTime: 'yesterday' });
const FILE = `{"Records":[${record(0)},${record(1)},${broken},${record(3)}]}`;

class Bytes implements Source {
  readonly name = 'trail.json';
  readonly startsAt: number;
  #rest: Buffer[];

  constructor(text: string, from = 0, size = 100) {
    this.startsAt = from;
    const bytes = Buffer.from(text).subarray(from);
    this.#rest = [];
    for (let at = 0; at < bytes.length; at += size) this.#rest.push(bytes.subarray(at, at + size));
  }

  async read(): Promise<Buffer | 'end'> {
    return this.#rest.shift() ?? 'end';
  }

  problem(): undefined {
    return undefined;
  }

  save(offset: number) {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {}
}

const optionsFor = (letters: DeadLetter[]): LaneOptions => ({
  detect: (lines, source) => detectFormat(lines, formats, source),
  formatById,
  context: { redactor },
  onDeadLetter: (letter) => letters.push(letter),
});

const rest = async (lane: Lane, events: PendingUse[] = []): Promise<PendingUse[]> => {
  while (lane.state !== 'ended') await lane.read(100, events, undefined);
  return events;
};
const ids = (events: readonly PendingUse[]): string[] => events.map((event) => event.id());

it('each element of an array has its own id, place and dead letter', async () => {
  const letters: DeadLetter[] = [];
  const events = await rest(new Lane(new Bytes(FILE), optionsFor(letters)));
  expect(new Set(ids(events)).size).toBe(3);
  const [letter] = letters;
  expect(letters).toMatchObject([{ reason: 'invalid-time', length: broken.length, hash: hash('sha256', broken) }]);
  const position = letter?.position ?? 0;
  expect(FILE.slice(position, position + broken.length)).toBe(broken);
});

it('the record of such a dead letter is read again by itself', async () => {
  const whole = record(2);
  const letter: DeadLetter = {
    ...{ source: 'trail.json', position: 9, reason: 'invalid-time', excerpt: '' },
    ...{ length: whole.length, hash: hash('sha256', whole) },
  };
  const again = await useAgain(
    letter,
    Buffer.from(whole),
    formatById('aws-cloudtrail'),
    optionsFor([]),
    Date.now() * 2,
  );
  expect(again).toMatchObject({ outcome: 'used', events: [{ use: { action: 's3:GetObject' } }] });
});

it('a restart within an array loses no element, and gives none twice', async () => {
  const all = ids(await rest(new Lane(new Bytes(FILE), optionsFor([]))));
  for (const reads of [1, 3, 5, 8, 11]) {
    const before: PendingUse[] = [];
    const lane = new Lane(new Bytes(FILE), { ...optionsFor([]), format: formatById('aws-cloudtrail') });
    for (let read = 0; read < reads; read++) await lane.read(100, before, undefined);
    const saved = lane.save();
    const next = new Lane(new Bytes(FILE, saved.position.offset, 64), optionsFor([]));
    next.load(saved);
    expect(ids([...before, ...(await rest(next))])).toEqual(all);
  }
});
