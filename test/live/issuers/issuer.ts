import type { RegistryEntry } from '../../../src/simulate/registry-file.ts';

/** A real issuer with agents that hold credentials of it, and a log of them that a real server writes. */
export interface LiveIssuer {
  /** `sources:` and `revokers:` of wayward.yaml, and `formats:` where the log needs one. */
  readonly settings: object;
  /** What stands in the files of `secret://file/NAME` there and in the holders' entries. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly holders: readonly Holder[];
  /** How often somebody has had something revoked, as the server itself counts; of a gateway, whom it denies. */
  revocations(): Promise<number>;
  stop(): Promise<void>;
}

/** An agent that holds a working credential. */
export interface Holder {
  /** With what it is for as `scopes`. */
  readonly entry: RegistryEntry;
  /** Uses it once, as the agent does. Gives how the server refused it, undefined where it worked; rejects with anything else. */
  use(): Promise<string | undefined>;
  /** What it is not for, once: the log has it then, and it is out of its scopes. */
  offend(): Promise<void>;
  /** Ends its sessions. */
  close(): Promise<void>;
}

/** With one holder for each of these agents, in this order. */
export type StartIssuer = (agents: readonly string[]) => Promise<LiveIssuer>;

const DAY = 86_400_000;

/** The entry of an agent's only credential. */
export const entryOf = (
  agent: string,
  entry: Pick<RegistryEntry, 'slot' | 'kind' | 'match' | 'scopes' | 'revoke' | 'rotate'>,
): RegistryEntry => ({
  id: `cred-${agent}`,
  agent,
  owner: 'team-billing@example.com',
  issued_at: new Date(Date.now() - DAY).toISOString(),
  ...entry,
});

/** What a holder says of an answer's status: with 200 it worked. */
export function refusalOf(status: number | undefined, ...refusals: readonly number[]): string | undefined {
  if (status === 200) return undefined;
  if (status !== undefined && refusals.includes(status)) return `answered with ${status}`;
  throw new Error(`the server answered ${status}`);
}
