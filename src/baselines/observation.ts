import type { ManyAgents } from './agents-by-source.ts';
import type { ManyClaims } from './claims.ts';
import type { Drift } from './drift.ts';
import { type Name, NO_NAME } from './names.ts';
import type { Known } from './repertoire.ts';
import { SERIES_COUNT } from './series.ts';
import type { ManyUnreadable } from './unreadable.ts';

/**
 * Why a source is worth telling: a foreign network alone; with a client that is new as well; while the owner goes on elsewhere; the owner is
 * back, twice; a public address of who was only seen inside; at its own places another client beside its own, or its own again.
 */
export type SourceNews =
  | 'network'
  | 'network-and-client'
  | 'beside'
  | 'returned'
  | 'left-private'
  | 'client-beside'
  | 'client-returned';

/** What one use showed against its principal's baseline; one object is reused for every event. */
export interface Observation {
  /** Event time, milliseconds since the epoch; days and hours since the epoch. */
  time: number;
  day: number;
  hour: number;
  /** Something was flagged lately: nothing is learned now. */
  frozen: boolean;
  /** Series over their alarm, as indices of SERIES, and their values. */
  readonly raised: number[];
  readonly values: Float64Array;
  action: Known;
  /** The principal never showed this action, whatever that means. */
  unseen: boolean;
  actionName: Name;
  /** Its place among the principal's actions; -1 where there is none. */
  actionIndex: number;
  /** An unknown action: bits for being new, before what it does is looked at; whether its area is unknown as well; whether peers do it. */
  noveltyBits: number;
  newArea: boolean;
  /** It, or not a few of its peers, know the area. */
  knownArea: boolean;
  peersDo: boolean;
  /** Peers that have begun with it within days. */
  peersBegan: number;
  /** It reads in a way that it and its peers do not read in. */
  newShape: boolean;
  /** The unknown action before it, shortly ago, was of the same area. */
  sameArea: boolean;
  /** Set once the action was added to the novelty of the last hours. */
  noveltyAdded: boolean;
  network: Known;
  networkName: Name;
  /** From a network that is neither its own nor its peers', and no move so far. */
  foreign: boolean;
  client: Known;
  clientName: Name;
  source: SourceNews | undefined;
  /** Milliseconds without a use, and the longest before, where it awakes after far longer than ever. */
  pause: { readonly now: number; readonly longest: number } | undefined;
  /** Chance of activity at this hour of the week. */
  chance: number;
  /** Share of its ids that usually follow each other. */
  usuallyInOrder: number;
  /** Bits for an area (service, table, repository) that neither it nor its peers use. */
  areaBits: number;
  /** Place among the busiest actions. */
  busy: number;
  drift: Drift | undefined;
  /** First use of this principal at all. */
  first: boolean;
  /** Set where a record that proves no identity makes those of its source many. */
  claims: ManyClaims | undefined;
  /** Set where a use makes several agents come to its source together. */
  manyAgents: ManyAgents | undefined;
  /** Uses of unregistered identities that found no room, where this one makes them many (again). */
  beyond: number | undefined;
  /** Set where records that could not be read have become many. */
  unreadable: ManyUnreadable | undefined;
}

/** What every use begins with. */
const NOTHING = {
  action: 'known',
  unseen: false,
  actionName: NO_NAME,
  actionIndex: -1,
  noveltyBits: 0,
  newArea: false,
  knownArea: false,
  peersDo: false,
  peersBegan: 0,
  newShape: false,
  sameArea: false,
  noveltyAdded: false,
  network: 'known',
  networkName: NO_NAME,
  foreign: false,
  client: 'known',
  clientName: NO_NAME,
  source: undefined,
  pause: undefined,
  areaBits: 0,
  busy: -1,
  drift: undefined,
} as const;

export const newObservation = (): Observation => ({
  ...NOTHING,
  time: 0,
  day: 0,
  hour: 0,
  frozen: false,
  raised: [],
  values: new Float64Array(SERIES_COUNT),
  chance: 1,
  usuallyInOrder: 0,
  first: false,
  claims: undefined,
  manyAgents: undefined,
  beyond: undefined,
  unreadable: undefined,
});

/** Before the next use; written out, since it is done for each. */
export const clearObservation = (seen: Observation): void => {
  if (seen.raised.length > 0) seen.raised.length = 0;
  seen.action = 'known';
  seen.unseen = false;
  seen.actionName = NO_NAME;
  seen.actionIndex = -1;
  seen.noveltyBits = 0;
  seen.newArea = false;
  seen.knownArea = false;
  seen.peersDo = false;
  seen.peersBegan = 0;
  seen.newShape = false;
  seen.sameArea = false;
  seen.noveltyAdded = false;
  seen.network = 'known';
  seen.networkName = NO_NAME;
  seen.foreign = false;
  seen.client = 'known';
  seen.clientName = NO_NAME;
  seen.source = undefined;
  seen.pause = undefined;
  seen.areaBits = 0;
  seen.busy = -1;
  seen.drift = undefined;
};
