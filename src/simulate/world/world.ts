import type { Archetype } from './archetypes.ts';
import type { Task } from './tasks.ts';

export type System = 'http' | 'sql' | 'vault';

/** Some weeks in the life of made-up agents: everything follows from these. */
export interface WorldOptions {
  /** Another seed, other agents, other names, other attacks. */
  readonly seed: number;
  /** The first UTC day, milliseconds since the epoch. */
  readonly from: number;
  readonly days: number;
  /** Days before which nothing bad and nothing surprising happens. */
  readonly quietDays: number;
  /** Members of each group, times this. */
  readonly scale: number;
  /** Ids of the three tables. */
  readonly archetypes: readonly string[];
  readonly attacks: readonly string[];
  readonly surprises: readonly string[];
  readonly strengths: readonly Strength[];
}

export const STRENGTHS = ['loud', 'careful'] as const;
/** How much an attacker takes care not to be seen. */
export type Strength = (typeof STRENGTHS)[number];

/** One agent with its one credential. */
export interface WorldAgent {
  readonly name: string;
  readonly group: string;
  /** Its place in the group, from 0; of how many. */
  readonly index: number;
  readonly members: number;
  readonly archetype: Archetype;
  /** What its group does, most usual first. */
  readonly tasks: readonly Task[];
  /** Cumulative shares of the tasks; its own. */
  readonly shares: readonly number[];
  /** Its share of work compared with its peers, around 1. */
  readonly rate: number;
  /** Day of the world on which it is first there. */
  readonly born: number;
  /** What the log names. */
  readonly identity: string;
  readonly credential: string;
  /** First two octets of its network. */
  readonly network: string;
  /** Days of the world on which its group is deployed anew, sorted. */
  readonly deployments: readonly number[];
}

/** A change in what a group does for some days, for a good reason. */
export interface Change {
  readonly surprise: string;
  readonly about: string;
  readonly group: string;
  /** Days of the world: the first, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly effect: Effect;
}

/** What a surprise does to an agent's days; nothing else is known of it where days are made. */
export interface Effect {
  /** Times as many tasks. */
  readonly volume?: number;
  /** Times as many rows or bytes an answer. */
  readonly size?: number;
  /** It does nothing at all. */
  readonly closed?: true;
  /** It has learned a task that nobody in the group had. */
  readonly learns?: true;
  /** Its interface has moved to another version: the same tasks under other names. */
  readonly renamed?: true;
  /** It leaves through another address. */
  readonly moved?: true;
  /** The next major version of its client. */
  readonly upgraded?: true;
  /** Local hours of the day in which nearly everything fails, and is tried again. */
  readonly failing?: { readonly from: number; readonly to: number };
  /** Members that are called up at night, as a share; for how many tasks. */
  readonly called?: { readonly share: number; readonly tasks: number };
  /** Its credential is replaced; some use the old one for another day. */
  readonly rotated?: true;
  /** Only this share of the group's members. */
  readonly members?: number;
}
