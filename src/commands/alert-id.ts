import { UsageError } from '../errors.ts';
import type { Store } from '../sinks/store.ts';
import { alertIdsLike } from '../sinks/store-alerts.ts';

/** The id of the alert that begins so. @throws UsageError if there is none, or more than one */
export function alertIdOf(written: string, store: Store): string {
  const [id, other] = alertIdsLike(store, written);
  if (id === undefined) throw new UsageError(`no alert begins with "${written}"; wayward alerts list --all shows all`);
  if (other !== undefined && id !== written)
    throw new UsageError(`several alerts begin with "${written}"; write more of the id`);
  return id;
}
