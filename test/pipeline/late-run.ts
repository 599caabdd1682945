import type { Alert } from '../../src/alerts/alert.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { inOrder, type PendingUse } from '../../src/pipeline/ordered.ts';
import { respondTo } from '../../src/response/responder.ts';
import { DAY, MINUTE, MONDAY } from '../baselines/watched.ts';
import { credentialOf, responseOf } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { coreOf, WORLD, type World } from './late-world.ts';

/** Nothing here calls it. */
const POSTGRES = { url: await secretOf('postgresql://nobody@127.0.0.1:1/none') };
/** Longer than what a source holds back when nothing is wrong. */
export const SETTLE = 20 * MINUTE;
const DISORDER = 2 * MINUTE;

export function scanned({ events, registry }: World = WORLD): Map<string, Alert> {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts, registry);
  core.process(events.flat().sort(inOrder));
  core.decide(Number.POSITIVE_INFINITY);
  return alerts;
}

export interface Outage {
  readonly source: number;
  readonly from: number;
  readonly until: number;
}

/** As ingest and detection do it: every quarter of an hour each source that is there gives what it has, in messages of so many events. */
export function observed(
  outages: readonly Outage[],
  most: number,
  settle = SETTLE,
  maxWaiting?: number,
  { sources, events: all, end: over, registry }: World = WORLD,
): { alerts: Map<string, Alert>; behind: number; overflow: number } {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts, registry);
  const detector = new PartitionDetector(core, maxWaiting);
  const at = sources.map(() => 0);
  const watermarks = sources.map(() => Number.NEGATIVE_INFINITY);
  const tell = (source: number, now: number, events: readonly PendingUse[], live: boolean): void => {
    const high = all[source]?.[(at[source] ?? 0) - 1]?.use.time ?? Number.NEGATIVE_INFINITY;
    const own = high - DISORDER;
    watermarks[source] = Math.max(watermarks[source] ?? own, own, live ? now - settle : own);
    const message = encodeEvents({
      from: sources[source] ?? '',
      of: { gateway: sources.length },
      watermark: finite(watermarks[source] ?? own),
      high: finite(high),
      live,
      own: { watermark: finite(own), readAt: now, settled: live ? now - settle : null },
      events,
      closings: [],
    });
    detector.take(decodeEvents(Buffer.from(message)));
  };
  for (let now = MONDAY; now <= over + 3 * DAY; now += 15 * MINUTE)
    for (const [source, events] of all.entries()) {
      const isAway = outages.some((outage) => outage.source === source && now >= outage.from && now < outage.until);
      const begin = at[source] ?? 0;
      let end = begin;
      while (!isAway && (events[end]?.use.time ?? Number.POSITIVE_INFINITY) < now) end++;
      for (let from = begin; from < end; from += most) {
        at[source] = Math.min(end, from + most);
        tell(source, now, events.slice(from, at[source]), at[source] === end);
      }
      tell(source, now + 1_000, [], true);
    }
  const { behind, overflow } = detector.disordered;
  return { alerts, behind, overflow };
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);

/** What response would do by itself, whenever that is: only lateness can hold it back. */
export const autoOf = (alerts: ReadonlyMap<string, Alert>): { agent: string; alert: string }[] =>
  decisionsOn(alerts)
    .filter(({ outcome }) => outcome === 'auto')
    .map(({ step, alert }) => ({ agent: step.credential.agent, alert }));

/** What becomes of each step that alerts lead to. */
export function decisionsOn(alerts: ReadonlyMap<string, Alert>, { registry }: World = WORLD, rules: object[] = []) {
  const response = responseOf(
    { mode: 'auto', rules, max_alert_age: '36500d', limits: { credentials: 1_000, peer_group_percent: 100 } },
    registry.credentials.map((credential) => credentialOf({ ...credential, revoke: credentialOf().revoke })),
    { postgres: POSTGRES },
  );
  const decided = [...alerts.values()].flatMap((alert) =>
    respondTo(alert, response).map((one) => ({ ...one, alert: alert.id })),
  );
  response.store.close();
  return decided;
}
