import type { ManyClaims } from './claims.ts';
import type { QuietHour } from './hours.ts';
import type { Known } from './repertoire.ts';

/** What one use showed against its principal's baseline; one object is reused for every event. */
export interface Observation {
  /** Event time, milliseconds since the epoch; days and hours since the epoch. */
  time: number;
  day: number;
  hour: number;
  /** Series over their alarm value, as indices of SERIES. */
  readonly raised: number[];
  action: Known;
  actionHash: number;
  network: Known;
  networkHash: number;
  subnet: Known;
  subnetHash: number;
  client: Known;
  clientHash: number;
  /** Set where a new five-minute cell of a quiet hour became active. */
  quiet: QuietHour | undefined;
  /** First use of this principal at all. */
  first: boolean;
  /** Set where a record that proves no identity makes those of its source many. */
  claims: ManyClaims | undefined;
}

export const newObservation = (): Observation => ({
  time: 0,
  day: 0,
  hour: 0,
  raised: [],
  action: 'known',
  actionHash: 0,
  network: 'known',
  networkHash: 0,
  subnet: 'known',
  subnetHash: 0,
  client: 'known',
  clientHash: 0,
  quiet: undefined,
  first: false,
  claims: undefined,
});
