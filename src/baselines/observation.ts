import type { ManyClaims } from './claims.ts';
import type { QuietHour } from './hours.ts';
import { type Name, NO_NAME } from './names.ts';
import type { Known } from './repertoire.ts';
import type { ManyUnreadable } from './unreadable.ts';

/** What one use showed against its principal's baseline; one object is reused for every event. */
export interface Observation {
  /** Event time, milliseconds since the epoch; days and hours since the epoch. */
  time: number;
  day: number;
  hour: number;
  /** Series over their alarm value, as indices of SERIES. */
  readonly raised: number[];
  action: Known;
  actionName: Name;
  network: Known;
  networkName: Name;
  subnet: Known;
  subnetName: Name;
  client: Known;
  clientName: Name;
  /** Set where a new five-minute cell of a quiet hour became active. */
  quiet: QuietHour | undefined;
  /** First use of this principal at all. */
  first: boolean;
  /** Set where a record that proves no identity makes those of its source many. */
  claims: ManyClaims | undefined;
  /** Uses of unregistered identities that found no room, where this one makes them many (again). */
  beyond: number | undefined;
  /** Set where records that could not be read have become many. */
  unreadable: ManyUnreadable | undefined;
}

export const newObservation = (): Observation => ({
  time: 0,
  day: 0,
  hour: 0,
  raised: [],
  action: 'known',
  actionName: NO_NAME,
  network: 'known',
  networkName: NO_NAME,
  subnet: 'known',
  subnetName: NO_NAME,
  client: 'known',
  clientName: NO_NAME,
  quiet: undefined,
  first: false,
  claims: undefined,
  beyond: undefined,
  unreadable: undefined,
});
