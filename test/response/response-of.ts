import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareCredential, type Credential } from '../../src/attribution/credential.ts';
import type { Revoker } from '../../src/response/action.ts';
import { AuditTrail } from '../../src/response/audit.ts';
import { IssuerCircuits } from '../../src/response/circuits.ts';
import { responseSchema } from '../../src/response/config.ts';
import type { ResponseContext } from '../../src/response/context.ts';
import { Outbox } from '../../src/response/outbox.ts';
import { Worker, type WorkerOptions } from '../../src/response/worker.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { Store } from '../../src/sinks/store.ts';

/** The wall clock of a test; the alerts of `alertOf` open then. */
export const NOW = 1_800_000_000_000;

export const credentialOf = (changes: Partial<Credential> = {}): Credential =>
  bareCredential({
    id: 'cred-billing-pg',
    agent: 'billing-agent-1',
    peerGroup: 'billing-agent',
    slot: 'postgres',
    kind: 'database-role',
    revoke: { with: 'postgres', role: 'billing_agent_1' },
    ...changes,
  });

export interface TestResponse extends ResponseContext {
  readonly store: Store;
  readonly folder: string;
  /** Moves the clock. */
  at(time: number): void;
  worker(options?: Partial<WorkerOptions>): Worker;
}

/** Response on a new store, with its own clock; `settings` are the revokers' (checked already). */
export function responseOf(
  config: object,
  credentials: readonly Credential[],
  settings: Readonly<Record<string, unknown>> = {},
  { folder = mkdtempSync(join(tmpdir(), 'wayward-response-')), revokers = REVOKERS as readonly Revoker[] } = {},
): TestResponse {
  const store = new Store(folder);
  let time = NOW;
  const context: ResponseContext = {
    state: store,
    outbox: new Outbox(store),
    audit: new AuditTrail(store, join(folder, 'audit-head')),
    config: responseSchema.parse(config),
    plan: {
      credentials: new Map(credentials.map((credential) => [credential.id, credential])),
      revokers: new Map(revokers.map((revoker) => [revoker.id, revoker])),
      settings,
    },
    circuits: new IssuerCircuits(),
    now: () => time,
  };
  return {
    ...context,
    store,
    folder,
    at(next) {
      time = next;
    },
    worker: (options = {}) =>
      new Worker({
        context,
        onError: (error) => {
          throw error;
        },
        ...options,
      }),
  };
}
