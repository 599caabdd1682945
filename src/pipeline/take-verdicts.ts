import { judged } from '../alerts/verdict.ts';
import type { Store } from '../sinks/store.ts';
import { closingsAfter, loadAlert, saveAlert, verdictIn } from '../sinks/store-alerts.ts';
import type { Core } from './core.ts';

/** Learns from the verdicts that came after the one with this number, where nothing runs that would have. Gives the last one's number. */
export function takeVerdicts(store: Store, after: number, core: Core): number {
  let last = after;
  for (const closing of closingsAfter(store, after)) {
    const alert = loadAlert(store, closing.alert);
    const verdict = verdictIn(closing);
    if (alert !== undefined && !core.close(alert, closing.verdict, verdict)) saveAlert(store, judged(alert, verdict));
    last = closing.seq;
  }
  return last;
}
