import type { ResponseContext } from '../response/context.ts';
import { dismiss } from '../response/control.ts';
import { knownMisuse } from '../response/goes-on.ts';
import type { Store } from '../sinks/store.ts';
import { type Closing, closingOfAlert, loadAlert, saveClosing } from '../sinks/store-alerts.ts';

/** Records a person's verdict on an alert, and drops what waits because of a benign one. Call it in a transaction. */
export function closeAlert(closing: Omit<Closing, 'seq'>, store: Store, response: ResponseContext): void {
  const { alert, verdict, by } = closing;
  saveClosing(store, closing);
  knownMisuse(alert, store);
  if (verdict === 'benign') dismiss(alert, `closed as benign by ${by}`, response);
}

/** The same for what may have been said before, or before something else was said here. False where it changes nothing. */
export function closeUnlessKnown(closing: Omit<Closing, 'seq'>, store: Store, response: ResponseContext): boolean {
  const known = closingOfAlert(store, closing.alert);
  if (known !== undefined && (known.verdict === closing.verdict || known.at >= closing.at)) return false;
  if (loadAlert(store, closing.alert) === undefined) return false;
  store.transaction(() => closeAlert(closing, store, response));
  response.audit.publishHead();
  return true;
}
