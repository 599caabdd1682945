import type { IdentityKey } from '../event.ts';

export const CREDENTIAL_KINDS = [
  'api-key',
  'oauth-client',
  'oauth-token',
  'aws-access-key',
  'aws-role',
  'database-role',
  'vault-token',
  'vault-approle',
  'gcp-service-account',
  'mtls-certificate',
  'authensor-key',
] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** How to revoke: the revoker's name and its own fields, checked by that revoker. */
export interface RevokeSpec {
  readonly with: string;
  readonly [field: string]: unknown;
}

/** How to rotate it: the rotator's name and its own fields, checked by that rotator. */
export interface RotateSpec {
  readonly with: string;
  readonly [field: string]: unknown;
}

/** What an agent proves itself with: one entry of the registry file, checked and with defaults. */
export interface Credential {
  readonly id: string;
  readonly agent: string;
  /** Agents that should behave alike; the agent itself where the file names none. */
  readonly peerGroup: string;
  /** What the credential is for, such as `postgres`; the kind where the file names none. */
  readonly slot: string;
  readonly kind: CredentialKind;
  readonly owner: string | undefined;
  readonly match: Readonly<Partial<Record<IdentityKey, readonly string[]>>>;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** Milliseconds; the kind's default (90 d, 90 d, 30 d) where the file names none; undefined = never due. */
  readonly rotateEvery: number | undefined;
  /** Milliseconds from issue to expiry at most: only a short-lived credential is expected. */
  readonly maxLifetime?: number;
  readonly scopes: readonly string[] | undefined;
  /** CIDR blocks. */
  readonly networks: readonly string[] | undefined;
  /** Words of actions that are worth stealing, beside those of the detector. */
  readonly sensitive?: readonly string[];
  /** Declared schedule, such as `Mon-Fri 06:00-20:00 Europe/Berlin`. */
  readonly hours: string | undefined;
  readonly protected: boolean;
  /** It was left where only a thief looks: nobody should ever use it. */
  readonly honeytoken?: true;
  readonly parent: string | undefined;
  /** The first step, the mildest; undefined where Wayward can't revoke it. */
  readonly revoke: RevokeSpec | undefined;
  /** What comes after it, in this order, where misuse goes on. */
  readonly escalation?: readonly RevokeSpec[];
  readonly rotate?: RotateSpec | undefined;
  /** When Wayward itself did that last, milliseconds since the epoch: not from the file, see deed.ts. */
  readonly rotatedAt?: number;
  readonly revokedAt?: number;
  readonly restoredAt?: number;
}

/** One of which nothing more is known than that. */
export const bareCredential = (known: Pick<Credential, 'id' | 'agent' | 'kind'> & Partial<Credential>): Credential => ({
  peerGroup: known.agent,
  slot: known.kind,
  owner: undefined,
  match: {},
  issuedAt: undefined,
  expiresAt: undefined,
  rotateEvery: undefined,
  scopes: undefined,
  networks: undefined,
  hours: undefined,
  protected: false,
  parent: undefined,
  revoke: undefined,
  ...known,
});

/** The principal that baselines and incidents belong to: agent and slot. */
export const principalOf = (credential: Credential): string => `${credential.agent}/${credential.slot}`;
