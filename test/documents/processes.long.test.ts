import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Attributor, createAttributor } from '../../src/attribution/attribute.ts';
import type { Registry } from '../../src/attribution/registry.ts';
import { observedDocument } from '../../src/documents/observed.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import type { OrderedUse } from '../../src/pipeline/ordered.ts';
import { BytesSource } from '../pipeline/lines.ts';
import { misuse } from '../pipeline/misuse.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';

/** Several cores, each with its peer groups, show what one core shows, wherever each of them is stopped. */

const detectors = shippedDetectors();
let registry: Registry;
let uses: readonly OrderedUse[];
let whole: readonly string[];

beforeAll(async () => {
  const input = misuse();
  registry = registryOf(input.registry);
  const options = {
    detect: (lines: readonly string[]) => detectFormat(lines, formats),
    formatById,
    context: { redactor: createRedactor(Buffer.alloc(32, 1)) },
  };
  const lanes = Object.entries(input.logs).map(
    ([name, lines]) => new Lane(new BytesSource(name, lines.map((line) => `${line}\n`).join('')), options),
  );
  const all: OrderedUse[] = [];
  for await (const batch of new Merge(lanes).batches()) all.push(...batch);
  uses = all;
  whole = shownBy(1, 0, []);
});

/** A process for a group, the same for all that is of it. */
const placeOf = (group: string, processes: number, salt: number): number => {
  let sum = salt;
  for (const character of group) sum = (sum * 31 + character.charCodeAt(0)) % 1_009;
  return sum % processes;
};

const groupOf = (use: OrderedUse, attributor: Attributor): string => {
  const { credential, principal } = attributor.attribute(use.use);
  return credential?.peerGroup ?? principal ?? '';
};

/** Sorted lines of all documents; at `stops` (parts of the stream) every core is replaced by one that goes on from what it saved. */
function shownBy(processes: number, salt: number, stops: readonly number[]): readonly string[] {
  const lines: string[] = [];
  const start = (place: number): Core =>
    new Core(registry, detectors, () => {}, {
      observed: (activity) => lines.push(JSON.stringify(observedDocument(activity))),
      owns: ({ peerGroup }) => placeOf(peerGroup, processes, salt) === place,
    });
  const router = createAttributor(registry);
  let cores = Array.from({ length: processes }, (_, place) => start(place));
  const at = new Set(stops.map((part) => Math.floor(part * uses.length)));
  const [first, last] = [uses[0], uses.at(-1)];
  for (const core of cores) core.reach(first?.orderTime ?? 0);
  for (const [index, use] of uses.entries()) {
    if (at.has(index)) {
      cores = cores.map((core, place) => {
        const next = start(place);
        next.load(structuredClone(core.save()));
        return next;
      });
    }
    cores[placeOf(groupOf(use, router), processes, salt)]?.process([use]);
  }
  for (const core of cores) core.reach(last?.orderTime ?? 0);
  return lines.sort();
}

test('the same documents, however many processes share the work and however often they are replaced', () => {
  expect(whole.length).toBeGreaterThan(500);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.nat(1_000),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      (processes, salt, stops) => {
        const got = shownBy(processes, salt, stops);
        expect(got.length).toBe(whole.length);
        for (const [index, line] of got.entries()) expect(line).toBe(whole[index]);
      },
    ),
    { numRuns: 6 },
  );
});
