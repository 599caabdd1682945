import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';

/** The same incident under two sets of detectors. */
export interface Pair {
  readonly before: Alert;
  readonly after: Alert;
}

/** What another set of detectors makes of the same history. Alerts that are the same in every field are in none of the lists. */
export interface Difference {
  readonly gained: readonly Alert[];
  readonly lost: readonly Alert[];
  /** Incidents that both tell, more or less severe. */
  readonly severity: readonly Pair[];
  /** Incidents that both tell, with other findings or at another time. */
  readonly other: readonly Pair[];
}

/** Both in the order in which they opened. */
export function differenceOf(before: readonly Alert[], after: readonly Alert[]): Difference {
  const byId = new Map(after.map((alert) => [alert.id, alert]));
  const pairs: Pair[] = [];
  const left: Alert[] = [];
  for (const alert of before) {
    const same = byId.get(alert.id);
    if (same === undefined) left.push(alert);
    else {
      byId.delete(alert.id);
      pairs.push({ before: alert, after: same });
    }
  }
  const { matched, lost, gained } = overlapping(left, [...byId.values()]);
  const changed = [...pairs, ...matched].filter((pair) => !isSame(pair)).sort(inOrder);
  return {
    gained,
    lost,
    severity: changed.filter((pair) => pair.before.severity !== pair.after.severity),
    other: changed.filter((pair) => pair.before.severity === pair.after.severity),
  };
}

/** An incident that another detector opens has another id: it is the same where one principal's times overlap. */
function overlapping(before: readonly Alert[], after: readonly Alert[]) {
  const open = Map.groupBy(after, ({ principal }) => principal);
  const matched: Pair[] = [];
  const lost: Alert[] = [];
  for (const alert of before) {
    const others = open.get(alert.principal) ?? [];
    const at = others.findIndex(({ start, end }) => start <= alert.end && end >= alert.start);
    const [other] = at < 0 ? [] : others.splice(at, 1);
    if (other === undefined) lost.push(alert);
    else matched.push({ before: alert, after: other });
  }
  const found = new Set(matched.map((pair) => pair.after));
  const gained = after.filter((alert) => !found.has(alert));
  return { matched, lost, gained };
}

const isSame = ({ before, after }: Pair): boolean =>
  JSON.stringify(alertDocument(before)) === JSON.stringify(alertDocument(after));

const inOrder = ({ before: a }: Pair, { before: b }: Pair): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1);
