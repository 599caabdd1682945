import type { Alert } from '../../alerts/alert.ts';
import { ruleOf } from '../../alerts/document.ts';
import { DAY } from '../../baselines/series.ts';
import type { Detector } from '../../detectors/detector.ts';
import { SEVERITIES, type Severity } from '../../detectors/finding.ts';
import { MOST } from '../../detectors/strength.ts';
import { type CurvePoint, curveOf } from './curve.ts';
import { incidentSurprise } from './incident-surprise.ts';
import { levelAfter } from './lord.ts';
import type { Score } from './scores.ts';
import { bitsAt, NOMINAL_SLOPE, type Tail, tailOf } from './tail.ts';

type Bits = Readonly<Partial<Record<Severity, number>>>;

/** What is proposed for one detector, and why. */
export interface Proposal {
  readonly detector: string;
  readonly now: Bits;
  /** As it is where nothing is to be changed. */
  readonly proposed: Bits;
  readonly tail: Tail | undefined;
  readonly confirmed: number;
  readonly benign: number;
  readonly because: string;
}

export interface Tuning {
  readonly proposals: readonly Proposal[];
  readonly curve: readonly CurvePoint[];
  /** Measured surprise (bits) from which on an incident would be medium, before verdicts count; undefined where the history is too short for the budget. */
  readonly level: number | undefined;
}

export interface TuningInput {
  /** Those whose severities may be changed, each once. */
  readonly detectors: readonly Detector[];
  readonly scores: (detector: string) => readonly Score[];
  /** What the set as it is tells of the history. */
  readonly alerts: readonly Alert[];
  /** All that people judged, in the order in which they opened. */
  readonly judged: readonly Alert[];
  readonly principalDays: number;
  /** Accepted false alerts per 1,000 principal-days. */
  readonly budget: number;
}

/** The most that severities move at a time, bits: what follows from it is looked at before they move on. */
const MOST_CHANGE = 2;
/** A smaller change is not worth a file. */
const STEP = 0.5;
/** What a detector's file may say at least. */
const LEAST_BITS = 6;

export function tuningOf(input: TuningInput): Tuning {
  const { detectors, alerts, judged, budget, principalDays } = input;
  const confirmedIds = new Set(judged.filter(({ verdict }) => verdict?.value === 'confirmed').map(({ id }) => id));
  const misuse = daysOf(judged.filter(({ id }) => confirmedIds.has(id)));
  const tails = new Map<string, Tail | undefined>();
  for (const { id } of detectors) {
    const benign = input.scores(id).filter(({ principal, day }) => !misuse.has(`${day} ${principal}`));
    tails.set(
      id,
      tailOf(
        benign.map(({ bits }) => bits),
        principalDays - misuse.size,
      ),
    );
  }
  const byId = new Map(detectors.map((detector) => [detector.id, detector]));
  const incidents = alerts.flatMap((alert) => {
    const surprise = incidentSurprise(
      alert,
      (id) => byId.get(id),
      (id) => tails.get(id),
    );
    return surprise === undefined ? [] : [{ surprise, isConfirmed: confirmedIds.has(alert.id) }];
  });
  const level = levelFor(
    incidents.filter(({ isConfirmed }) => !isConfirmed).map(({ surprise }) => surprise),
    (budget * principalDays) / 1_000,
  );
  return {
    proposals: detectors.map((detector) => proposalFor(detector, tails.get(detector.id), level, judged)),
    curve: curveOf(incidents, principalDays),
    level,
  };
}

/** `DAY principal` of every day on which somebody confirmed a misuse. */
function daysOf(alerts: readonly Alert[]): ReadonlySet<string> {
  const days = new Set<string>();
  for (const { principal, start, end } of alerts)
    for (let day = Math.floor(start / DAY); day <= Math.floor(end / DAY); day++) days.add(`${day} ${principal}`);
  return days;
}

/** The least surprise that as many incidents reach as are accepted. What needs no baseline is no matter of bits, and left out. */
function levelFor(surprises: readonly number[], accepted: number): number | undefined {
  if (accepted < 1) return undefined;
  const ordered = surprises.filter((surprise) => Number.isFinite(surprise)).sort((a, b) => b - a);
  const firstTooMany = ordered[Math.floor(accepted)];
  return firstTooMany === undefined ? 0 : firstTooMany + 0.01;
}

function proposalFor(
  detector: Detector,
  tail: Tail | undefined,
  level: number | undefined,
  judged: readonly Alert[],
): Proposal {
  const now = detector.severity as Bits;
  const { medium } = now;
  const own = judged.filter((alert) => ruleOf(alert)?.detector === detector.id);
  const verdicts = own.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict.value]));
  const confirmed = verdicts.filter((verdict) => verdict === 'confirmed').length;
  const about = { detector: detector.id, now, tail, confirmed, benign: verdicts.length - confirmed };
  if (medium === undefined) return { ...about, proposed: now, because: 'is never medium' };
  const moved = Math.log2(levelAfter(verdicts)) / (tail?.slope ?? NOMINAL_SLOPE);
  const wanted = (tail === undefined || level === undefined ? medium : bitsAt(tail, level)) + moved;
  const limited = Math.min(medium + MOST_CHANGE, Math.max(medium - MOST_CHANGE, wanted));
  const kept = Math.max(medium, keptBy(own, detector, medium));
  // Rounded up: half a step more would be half a step beyond the budget.
  const rounded = medium + Math.ceil((limited - medium) / STEP - 1e-9) * STEP;
  const change = Math.min(rounded, kept) - medium;
  return {
    ...about,
    proposed: change === 0 ? now : movedBy(now, change),
    because: [
      ...(tail === undefined ? ['it scored nothing'] : level === undefined ? [] : ['the budget']),
      ...(verdicts.length === 0 ? [] : ['verdicts']),
      ...(limited > kept ? ['what was confirmed is kept'] : []),
      ...(Math.abs(wanted - medium) > MOST_CHANGE ? [`at most ${MOST_CHANGE} bits at a time`] : []),
    ].join(', '),
  };
}

/** The most bits at which everything that somebody confirmed is still told. */
const keptBy = (judged: readonly Alert[], { id }: Detector, medium: number): number =>
  Math.min(
    ...judged
      .filter(({ verdict }) => verdict?.value === 'confirmed')
      .map(({ findings }) => {
        const bits = findings.filter((finding) => finding.detector === id).map((finding) => finding.bits ?? 0);
        return medium + Math.floor((Math.max(0, ...bits) - medium) / STEP) * STEP;
      }),
  );

const movedBy = (bits: Bits, change: number): Bits =>
  Object.fromEntries(
    SEVERITIES.flatMap((severity) => {
      const least = bits[severity];
      return least === undefined ? [] : [[severity, Math.min(MOST, Math.max(LEAST_BITS, least + change))]];
    }),
  );
