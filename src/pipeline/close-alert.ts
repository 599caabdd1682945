import type { ResponseContext } from '../response/context.ts';
import { dismiss } from '../response/control.ts';
import { knownMisuse } from '../response/goes-on.ts';
import type { Store } from '../sinks/store.ts';
import { type Closing, closingOfAlert, loadAlert, saveClosing } from '../sinks/store-alerts.ts';

type Said = Pick<Closing, 'verdict' | 'because' | 'by'>;

/** Records a person's verdict on an alert of the local store, and drops what waits because of a benign one. */
export function closeAlert(
  alert: string,
  { verdict, because, by }: Said,
  store: Store,
  response: ResponseContext,
): void {
  store.transaction(() => {
    saveClosing(store, { alert, verdict, because, by, at: response.now() });
    knownMisuse(alert, store);
    if (verdict === 'benign') dismiss(alert, `closed as benign by ${by}`, response);
  });
  response.audit.publishHead();
}

/** The same for what may have been said before, or before something else was said here. False where it changes nothing. */
export function closeUnlessKnown(
  alert: string,
  said: Said & Pick<Closing, 'at'>,
  store: Store,
  response: ResponseContext,
): boolean {
  const known = closingOfAlert(store, alert);
  if (known !== undefined && (known.verdict === said.verdict || known.at >= said.at)) return false;
  if (loadAlert(store, alert) === undefined) return false;
  closeAlert(alert, said, store, response);
  return true;
}
