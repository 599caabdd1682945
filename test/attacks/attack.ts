import 'vitest';

/** Which part of the threat model an attack is about: docs/threat-model.md. */
export type Point = 2 | 3 | 4 | 5 | 6 | 7 | 'vault';

/** What a test says about one attack: a row of docs/threat-model.md. */
export interface AttackRow {
  readonly point: Point;
  readonly attack: string;
  /** Which of the server's logs Wayward read, where one attack is written into several. */
  readonly log?: string;
  /** What the attacker has: nothing at all, a key of its own, a database role of its own; no attacker where nobody attacks. */
  readonly attacker: 'nothing' | 'a key' | 'a database role' | 'a token' | 'no attacker';
  /** How many records the attacker got the server to write. */
  readonly records: number;
  /** Alerts about the victim that opened during the attack, and steps that Wayward took against it by itself. */
  readonly findings: number;
  readonly responses: number;
  /** Why earlier versions withstood it, too: scripts/fails-before.ts does not expect it to fail there. */
  readonly heldBefore?: string;
}

declare module 'vitest' {
  interface TaskMeta {
    attack?: AttackRow;
    /** An honest agent that misuses its own credential in the same log. */
    control?: true;
  }
}

/** With `WAYWARD_TEST_BASE=1` tests run on an earlier Wayward, which does not know the settings that came with these tests. */
export const newSettings = (settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  process.env.WAYWARD_TEST_BASE === '1' ? {} : settings;
