/**
 * The one event type: one use of a credential, parsed, checked and redacted.
 *
 * Kept flat and small because millions pass by; `toEcs` (event-ecs.ts) gives the nested ECS form that people see.
 * Nothing in here may be a secret: formats redact before they build one.
 */

/** The identities that logs really carry, and the registry's `match` keys. */
export const IDENTITY_KEYS = [
  'credential_id',
  'client_id',
  'token_fingerprint',
  'jwt_sub',
  'db_user',
  'aws_access_key_id',
  'aws_principal_arn',
  'vault_accessor',
  'vault_entity_id',
  'gcp_principal_email',
  'mtls_subject',
  'authensor_principal',
] as const;
export type IdentityKey = (typeof IDENTITY_KEYS)[number];

/** Who the record says used the credential; `Proof` says whether that is more than a claim. */
export interface Identity {
  readonly key: IdentityKey;
  readonly value: string;
}

/**
 * How the system that wrote the log answered.
 * - `success`: done.
 * - `error`: accepted, then failed for another reason (5xx, SQL error, 404, 429).
 * - `denied`: authenticated, but not allowed (403, permission denied): the agent's own doing.
 * - `rejected`: authentication itself failed (401, 407, failed login): the identity is a claim and counts against nobody.
 */
export type Result = 'success' | 'error' | 'denied' | 'rejected';

/** How far a record's identities are proven, strongest first; what each means stands in `proof.ts`. */
export const PROOF_STATES = ['verified', 'declared', 'unproven', 'rejected'] as const;
export type ProofState = (typeof PROOF_STATES)[number];

/** What in a record shows that authentication succeeded. Few exist, all of them frozen: see `proof.ts`. */
export interface Proof {
  readonly state: ProofState;
  /** What it rests on, from a fixed list, such as `key-map` or `session`: `wayward.proof.by`. */
  readonly by: string;
}

/** A secret that stood in the record in clear. Its value never leaves the format; its keyed fingerprint may, for matching only. */
export interface Leak {
  /** What it looks like: `jwt`, `vault-token`, `password`, … */
  readonly kind: string;
  /** Where it stood: `url.query`, `user_agent.original`, … */
  readonly field: string;
}

/** What a reader says of its log, told in order with the log's events. */
export interface Reading {
  /** Records that were read since it last said so. */
  readonly read: number;
  /** Records that could not be used although they should have been, why, and whether the record proves whose they are. */
  readonly unreadable: { readonly reason: string; readonly count: number } | undefined;
  /** Absent but where the log's records form a chain, and it is broken. */
  readonly broken?: BrokenChain;
}

/** Why a chain of records is broken at one: its hash is another's, there is none, the one before is missing, or there should be one. */
export const CHAIN_BREAKS = ['wrong-hash', 'no-hash', 'missing', 'new-chain'] as const;

/** A record at which a chain of records is broken. */
export interface BrokenChain {
  /** The record's own id, redacted. */
  readonly record: string;
  /** When that showed, event time in milliseconds. */
  readonly time: number;
  readonly why: (typeof CHAIN_BREAKS)[number];
}

/**
 * A way to read that the number of rows does not show: `gathered` makes one value of many rows (`json_agg`), and with a `cursor` the
 * log does not show how many were fetched.
 */
export const SHAPES = ['gathered', 'cursor'] as const;
export type Shape = (typeof SHAPES)[number];

/** What a use of a language model cost; 0 where the log does not say. */
export interface Spent {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In the currency of the log, mostly US dollars. */
  readonly cost: number;
}

/** Tokens that a use took and gave. */
export const tokensOf = ({ spent }: Pick<CredentialUse, 'spent'>): number =>
  spent === undefined ? 0 : spent.inputTokens + spent.outputTokens;

export interface CredentialUse {
  /** ECS `@timestamp`: milliseconds since the epoch, UTC. */
  readonly time: number;
  /** The format that made it, such as `nginx-json`; first half of the event's id. */
  readonly format: string;
  /** ECS `event.dataset`, such as `nginx.access`; the part before the dot is `event.module`. */
  readonly dataset: string;
  /** ECS `event.action`, normalised: `GET /v1/orders/{id}`, `SELECT public.customers`, `kv/data/billing:read`. */
  readonly action: string;
  readonly result: Result;
  readonly proof: Proof;
  readonly identities: readonly Identity[];
  /** 1, or 0 where this record only adds an object to a use that an earlier record counted (a SQL join). */
  readonly uses: 0 | 1;
  /** ECS `source.ip`. */
  readonly sourceIp: string | undefined;
  /** ECS `user_agent.original`, or the database's `application_name`: redacted, at most 256 characters. */
  readonly client: string | undefined;
  /** Bytes sent to the agent; 0 where the log has none. */
  readonly bytes: number;
  /** Rows read or written; 0 where the log has none. */
  readonly rows: number;
  /** ECS `gen_ai.usage.input_tokens` and `.output_tokens`, `wayward.cost`; absent where no model was used. */
  readonly spent?: Spent;
  /** ECS `http.response.status_code`. */
  readonly status: number | undefined;
  /** ECS `http.request.method`. */
  readonly method: string | undefined;
  /** ECS `url.path`: redacted, at most 512 characters. */
  readonly path: string | undefined;
  /** `wayward.db.statement`: SQL with every literal replaced, at most 512 characters. */
  readonly statement: string | undefined;
  /** ECS `service.name`, or the database's name. */
  readonly service: string | undefined;
  /** ECS `trace.id`. */
  readonly traceId: string | undefined;
  /** The agent's run or the server's session: `wayward.session`. */
  readonly session: string | undefined;
  readonly leaks: readonly Leak[];
  /** Present where this is no use, but tells how a log could be read. */
  readonly reading?: Reading;
  /** `wayward.db.shape`; absent where `rows` shows what was read. */
  readonly shape?: Shape;
  /** Its record holds bytes that are no UTF-8; they read U+FFFD. */
  readonly lossy?: true;
  /** Only the beginning of its record was read: the rest, rows among it, may be missing. */
  readonly truncated?: true;
}

/** The fields that most formats leave empty, to spread under what they have. */
export const NOTHING_ELSE = {
  uses: 1,
  sourceIp: undefined,
  client: undefined,
  bytes: 0,
  rows: 0,
  status: undefined,
  method: undefined,
  path: undefined,
  statement: undefined,
  service: undefined,
  traceId: undefined,
  session: undefined,
  leaks: [] as readonly Leak[],
} as const;
