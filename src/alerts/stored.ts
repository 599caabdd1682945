import type { Alert } from './alert.ts';

/** What stood for `state` and `verdict` in earlier versions: open while neither time nor a person has ended it. */
export type Status = 'open' | 'closed';

/** An alert as it is kept and handed on, also by the version before this one, which knows only `status`, or by a later one without it. */
export type StoredAlert = Omit<Alert, 'state'> & { readonly state?: Alert['state']; readonly status?: Status };

export const statusOf = ({ state, verdict }: Alert): Status =>
  state === 'over' || verdict !== undefined ? 'closed' : 'open';

/** With what the version before this one reads. */
export const storedAlert = (alert: Alert): StoredAlert => ({ ...alert, status: statusOf(alert) });

/** Where there is a `status`, it counts: the version before this one changes it, and hands a `state` on as it found it. */
export const loadedAlert = ({ status, state = 'over', ...alert }: StoredAlert): Alert => ({
  ...alert,
  state: status === undefined ? state : status === 'open' ? 'running' : 'over',
});
