import { createAttributor } from '../attribution/attribute.ts';
import type { AttributedUse } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import { createRegistry } from '../attribution/registry.ts';
import type { Detector } from '../detectors/detector.ts';
import { credentialOf, type InlineResult, type InlineTest, runInlineTest } from '../detectors/inline-test.ts';
import type { CredentialUse, IdentityKey } from '../event.ts';
import { type Format, isEvent } from '../formats/format.ts';
import { createRedactor } from '../formats/redact.ts';
import { formats as builtIn } from '../formats/registry.ts';
import { detectLog, formatOfId } from '../formats/wrapped.ts';
import { isBelieved } from '../proof.ts';
import { TextSource } from '../sources/text.ts';
import type { Explained } from './explained.ts';
import { Lane } from './lane.ts';
import { Merge } from './merge.ts';
import type { OrderedUse } from './ordered.ts';

/** No token in a test is a real one: their fingerprints are the same everywhere. */
const KEY = Buffer.alloc(32);
const DAY = 86_400_000;
/** Lines of which a failed test says how they were read. */
const MOST_SHOWN = 8;

/**
 * Runs one test inside a detector's file, its lines read as logs are.
 * @param own formats of the configuration, before those that come with Wayward
 */
export async function runTest(
  detector: Detector,
  test: InlineTest,
  own: readonly Format[] = [],
): Promise<InlineResult> {
  if (test.lines.length === 0) return runInlineTest(detector, test);
  const formats = [...own, ...builtIn];
  const format = test.format === undefined ? undefined : formatOfId(test.format, formats);
  if (test.format !== undefined && format === undefined)
    return { name: test.name, problem: `format ${test.format} is none; docs/reference.md lists them` };
  const read: Explained[] = [];
  const lane = new Lane(new TextSource('lines', test.lines), {
    format,
    detect: (lines, source) => detectLog(lines, formats, builtIn, source),
    formatById: (id) => formatOfId(id, formats),
    context: { redactor: createRedactor(KEY), identity: test.identity },
    tellsReading: true,
    onExplained: (explained) => read.push(explained),
  });
  const uses: OrderedUse[] = [];
  for await (const batch of new Merge([lane]).batches()) uses.push(...batch);
  const lines = attributed(test, uses);
  const result = runInlineTest(detector, test, lines);
  if (result.problem === undefined) return result;
  return { ...result, problem: [result.problem, ...shown(test, read, lane.counts.deadLetters)].join('\n') };
}

/** Whose each use is: the agent's of the test, as far as the line says so. */
function attributed(test: InlineTest, uses: readonly OrderedUse[]): AttributedUse[] {
  const today = Math.floor((uses[0]?.orderTime ?? 0) / DAY);
  const credential = credentialOf(test, undefined, (today - test.history.days) * DAY);
  const match = matchOf(test.credential.match) ?? identitiesIn(uses.map(({ use }) => use));
  const attributor = createAttributor(createRegistry([{ ...credential, match }]));
  for (const ordered of uses) ordered.attribution = attributor.attribute(ordered.use);
  return [...uses];
}

const matchOf = (written: InlineTest['credential']['match']): Credential['match'] | undefined =>
  written &&
  Object.fromEntries(
    Object.entries(written).map(([key, values]) => [key, typeof values === 'string' ? [values] : values]),
  );

const identitiesIn = (uses: readonly CredentialUse[]): Credential['match'] => {
  const match: Partial<Record<IdentityKey, string[]>> = {};
  for (const { identities, proof } of uses)
    if (isBelieved(proof)) for (const { key, value } of identities) match[key] = [...(match[key] ?? []), value];
  return match;
};

/** For a test that failed: what Wayward made of its lines. */
function shown({ lines }: InlineTest, read: readonly Explained[], letters: Readonly<Record<string, number>>): string[] {
  let end = 0;
  const ends = lines.map((line) => {
    end += Buffer.byteLength(line) + 1;
    return end;
  });
  const told = read.slice(0, MOST_SHOWN).map(({ position, format, parsed }) => {
    const line = ends.findIndex((after) => position < after) + 1;
    return `  line ${line} (${format ?? 'no format'}): ${wordsOf(parsed)}`;
  });
  const more = read.length > MOST_SHOWN ? [`  and ${read.length - MOST_SHOWN} more records`] : [];
  const lost = Object.entries(letters).map(([reason, count]) => `  could not be used: ${count} (${reason})`);
  return [...told, ...more, ...lost];
}

const wordsOf = (parsed: Explained['parsed']): string => {
  if (!isEvent(parsed)) return 'ignored' in parsed ? `ignored: ${parsed.ignored}` : `unusable: ${parsed.unusable}`;
  const { action, result, proof, identities } = parsed;
  const who = identities.map(({ key, value }) => `${key} ${value}`).join(', ') || 'nobody';
  return `${action}, ${result}, of ${who}, ${proof.state} by ${proof.by}`;
};
