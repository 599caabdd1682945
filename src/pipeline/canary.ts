import type { Registry } from '../attribution/registry.ts';
import type { LoadedDetector } from '../config/detector-files.ts';
import type { Detector, Trigger } from '../detectors/detector.ts';
import type { InlineTest } from '../detectors/inline-test.ts';
import type { Given } from '../detectors/needs.ts';
import type { Format } from '../formats/format.ts';
import { runTest } from './test-lines.ts';

/** Why a detector can't find anything. Those of `broken` need a person; the others have nothing to judge here. */
export interface Silent {
  readonly detector: string;
  readonly why: 'no-test-fires' | 'exceptions' | 'nobody' | 'not-declared' | 'not-in-logs';
  readonly broken: boolean;
  /** One sentence. */
  readonly detail: string;
}

/** Before so many events, what they lack may yet come. */
const ENOUGH = 1_000;
/** Those that are not about credentials of the registry. */
const OF_OTHERS: readonly Trigger[] = ['unattributed', 'claimed', 'sighted', 'unreadable'];
/** Tests of one detector that are tried, the shortest first. */
const MOST_TRIED = 3;

const fires = new WeakMap<Detector, boolean>();

/**
 * Whether any test of the detector that should find something still does, by the configuration in use. A detector does not change, so
 * that it is asked once of each.
 */
export async function canFire({ detector, examples }: LoadedDetector, formats: readonly Format[]): Promise<boolean> {
  const known = fires.get(detector);
  if (known !== undefined) return known;
  const positive = examples.filter(({ expect }) => expect !== 'none').sort((a, b) => sizeOf(a) - sizeOf(b));
  let found = positive.length === 0;
  for (const test of positive.slice(0, MOST_TRIED)) {
    // That it fires at all is enough: how severe it is may have been changed on purpose.
    const { problem } = await runTest(
      { ...detector, exceptions: [] },
      { ...test, expect: 'low', at_most: 'critical' },
      formats,
    );
    found = problem === undefined;
    if (found) break;
  }
  fires.set(detector, found);
  return found;
}

const sizeOf = ({ history: { days, every, peers }, events }: InlineTest): number =>
  (days / every) * (1 + peers.length) * 600 + events.reduce((sum, { times }) => sum + times, 0);

/** What silences it here and now; `now` by the wall clock, milliseconds. */
export function silencedBy(
  { detector }: LoadedDetector,
  { credentials }: Registry,
  given: readonly Given[],
  now: number,
): Silent | undefined {
  const { id, kind, exceptions, appliesTo, needs = [] } = detector;
  const silent = (why: Silent['why'], detail: string): Silent => ({
    detector: id,
    why,
    broken: why === 'exceptions',
    detail,
  });
  if (credentials.length > 0 && !OF_OTHERS.includes(kind.trigger)) {
    const judged = credentials.filter((one) => appliesTo?.(`${one.agent}/${one.slot}`, one) !== false);
    if (judged.length === 0) return silent('nobody', 'its for: matches no credential of the registry');
    const own = judged.filter((one) => kind.concerns?.(one) !== false);
    if (own.length === 0) return silent('not-declared', 'no credential of the registry declares what it judges');
    const valid = exceptions.filter(({ until }) => now < until);
    const left = own.filter(
      ({ agent, slot, id: own }) => !valid.some(({ matches }) => matches(`${agent}/${slot}`, own)),
    );
    if (left.length === 0) return silent('exceptions', 'its exceptions leave out everybody whom it judges');
  }
  if (given.reduce((sum, { events }) => sum + events, 0) < ENOUGH) return undefined;
  const missing = needs.find((some) => some.every((one) => given.every((each) => each.lacks(one))));
  return missing && silent('not-in-logs', `no event so far has ${missing.join(' or ')}`);
}

export const noTestFires = ({ id }: Detector): Silent => ({
  detector: id,
  why: 'no-test-fires',
  broken: true,
  detail: 'none of its tests that should find something does',
});
