import type { Alert } from '../alerts/alert.ts';
import { STATE_BYTES } from '../baselines/state.ts';
import { SEVERITIES, type Severity } from '../detectors/finding.ts';
import { statementsRead } from '../formats/statement-objects.ts';
import type { Condition, Sample, Telemetry } from '../ops/telemetry.ts';
import { unkeptText } from '../response/audit.ts';
import { haltOf, type ResponseContext } from '../response/context.ts';
import { misusedStill } from '../response/goes-on.ts';
import { openBreaker } from '../response/limits.ts';
import type { Core } from './core.ts';
import type { LaneCounts } from './counts.ts';

/** Counts of what was read from one source. */
export interface SourceCounts {
  /** As wayward.yaml names it. */
  readonly name: string;
  /** Of a topic. */
  readonly partition?: string;
  readonly counts: LaneCounts;
}

const byLabel = (label: string, numbers: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(numbers).map(([value, count]) => ({ value: count, labels: { [label]: value } }));

/** What became of the records of these sources. */
export function tellOfSources(telemetry: Telemetry, sources: () => readonly SourceCounts[]): void {
  telemetry.read('records', () =>
    sources().map(({ name, counts }) => ({ value: counts.records, labels: { source: name } })),
  );
  telemetry.read('events', () => sources().reduce((sum, { counts }) => sum + counts.events, 0));
  telemetry.read('ignored', () => sources().flatMap(({ counts }) => byLabel('reason', counts.ignored)));
  telemetry.read('proofs', () =>
    sources().flatMap(({ name, partition = '', counts }) =>
      byLabel('by', counts.proofs).map(({ value, labels }) => ({
        value,
        labels: { ...labels, source: name, partition },
      })),
    ),
  );
  telemetry.read('statements', () =>
    byLabel('by', { parser: statementsRead.parsed, keywords: statementsRead.guessed }),
  );
  telemetry.read('deadLetters', () => sources().flatMap(({ counts }) => byLabel('reason', counts.deadLetters)));
}

/** What detection knows and keeps quiet; one core, or one a partition. */
export function tellOfDetection(telemetry: Telemetry, cores: () => readonly Core[]): void {
  const principals = (): number => cores().reduce((sum, { engine }) => sum + engine.baselines.size, 0);
  telemetry.read('principals', principals);
  telemetry.read('stateBytes', () => principals() * STATE_BYTES);
  telemetry.read('unattributed', () => cores().reduce((sum, { engine }) => sum + engine.counts.unattributed, 0));
  telemetry.read('disordered', () =>
    cores().flatMap(({ engine, latePeers }) => byLabel('reason', { late: engine.counts.late, late_peer: latePeers })),
  );
  telemetry.read('suppressed', () =>
    cores().flatMap(({ engine: { counts }, incidents }) =>
      byLabel('reason', {
        exception: counts.excepted,
        repeated: counts.repeated,
        observing: counts.observing,
        'alert-full': incidents.dropped,
        'first-seen': counts.firstSeenSuppressed,
      }),
    ),
  );
}

/** What automatic response has done, and whether it may do more. Call what it returns when response ends. */
export function tellOfResponse(telemetry: Telemetry, response: ResponseContext): () => void {
  const { state, outbox, audit, circuits } = response;
  const told = [
    telemetry.read('responseSteps', () => byLabel('state', outbox.ended())),
    telemetry.read('responseWaiting', () => byLabel('state', outbox.pending())),
    telemetry.read('breakerOpen', () => (openBreaker(state) === undefined ? 0 : 1)),
    telemetry.read('misuseGoesOn', () => misusedStill(response)),
    telemetry.read('halted', () => (haltOf(state) === undefined ? 0 : 1)),
    telemetry.read('issuersDown', () =>
      circuits.known.map((issuer) => ({ value: circuits.open.includes(issuer) ? 1 : 0, labels: { issuer } })),
    ),
    telemetry.component('issuers', () =>
      circuits.open.length === 0
        ? { state: 'ok' }
        : { state: 'degraded', reason: `no answer from ${circuits.open.join(', ')}` },
    ),
    telemetry.component('response', () =>
      conditionOf(openBreaker(state)?.because, haltOf(state)?.by, misusedStill(response)),
    ),
    telemetry.component('audit trail', () => {
      const reason = unkeptText(audit);
      return reason === undefined ? { state: 'ok' } : { state: 'degraded', reason };
    }),
  ];
  return () => {
    for (const end of told) end();
  };
}

function conditionOf(breaker: string | undefined, haltedBy: string | undefined, misused: number): Condition {
  if (haltedBy !== undefined) return { state: 'degraded', reason: `automatic response was halted by ${haltedBy}` };
  if (breaker !== undefined) return { state: 'degraded', reason: `the breaker is open: ${breaker}` };
  if (misused > 0)
    return { state: 'degraded', reason: `misuse goes on after every step was made, credentials: ${misused}` };
  return { state: 'ok' };
}

/** Counts the severities that alerts reach, and how long each took from its event. */
export class AlertTelemetry {
  readonly #telemetry: Telemetry;
  readonly #reached = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    telemetry.read('alerts', () => byLabel('severity', this.#reached));
  }

  /** Revisions at which the severity rose, handed over for good; `now` by the wall clock, milliseconds. */
  handedOver(rose: readonly Alert[], now: number): void {
    for (const alert of rose) {
      this.#reached[alert.severity]++;
      this.#telemetry.observe('alertLatency', (now - (alert.severityHistory.at(-1)?.at ?? now)) / 1000);
    }
  }
}
