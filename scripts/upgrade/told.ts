import type { Alert } from '../../src/alerts/alert.ts';
import { loadedAlert } from '../../src/alerts/stored.ts';
import type { Kafka } from '../../src/kafka/client.ts';
import { readTopic, type SaidAlerts } from '../../test/chaos/outcome.ts';
import { type KnownAlert, knownAlert } from '../../test/upgrade/kept/learned.ts';
import { alertsUnequal, isOfDetection } from './compare.ts';
import type { ReplayedAlert } from './replayed.ts';

export const knownAlerts = (newest: SaidAlerts['newest']): KnownAlert[] =>
  [...newest.values()]
    .map(({ alert }) => alert)
    .filter(isOfDetection)
    .map(knownAlert);

/** Alerts of which the last that was told has a smaller revision than what was told before: whoever keeps the newest does not see it. */
export const overtaken = ({ newest }: SaidAlerts, last: ReadonlyMap<string, Alert>): string[] =>
  [...last.values()].flatMap(({ id, principal, revision }) => {
    const known = newest.get(id)?.alert.revision ?? 0;
    return known > revision ? [`alert ${id} of ${principal}: revision ${revision} came after ${known}`] : [];
  });

/** The last that was said of each alert from these offsets on. */
export async function saidFrom(client: Kafka, offsets: readonly number[]): Promise<ReadonlyMap<string, Alert>> {
  const found = new Map<string, Alert>();
  await readTopic(client, client.names.topics.alerts, (partition, { offset, headers }) => {
    const alert = loadedAlert(JSON.parse(String(headers?.alert)));
    if (Number(offset) >= (offsets[partition] ?? 0) && isOfDetection(alert)) found.set(alert.id, alert);
  });
  return found;
}

/** Both ways, alerts that the version that was alone by then should have told, by events from these offsets on, and those that it told. */
export function toldOtherwise(
  expected: ReadonlyMap<string, ReplayedAlert>,
  said: ReadonlyMap<string, Alert>,
  offsets: readonly number[],
): string[] {
  const known = (alerts: Iterable<Alert>): KnownAlert[] => [...alerts].map(knownAlert);
  const due = [...expected.values()].filter(({ partition, offset }) => offset >= (offsets[partition] ?? 0));
  return [
    ...alertsUnequal(known(due.map(({ alert }) => alert)), known(said.values())),
    ...alertsUnequal(known(said.values()), known([...expected.values()].map(({ alert }) => alert))),
  ];
}
