import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry } from '../../../src/attribution/registry.ts';
import { loadCredentials } from '../../../src/config/registry-file.ts';
import { loadConfig } from '../../../src/config/wayward-yaml.ts';
import { createResponse } from '../../../src/pipeline/response.ts';
import type { ResponseContext } from '../../../src/response/context.ts';
import { Worker, type WorkerOptions } from '../../../src/response/worker.ts';
import { Store } from '../../../src/sinks/store.ts';
import type { CloudEvent } from '../../../src/webhook.ts';
import { ISSUERS, registryOfCases, SECRET } from './cases.ts';
import { PlayedIssuers } from './played-issuers.ts';

/** When the steps were left, by the clock of whoever left them. */
export const LEFT_AT = Date.UTC(2026, 10, 21, 12);

/** What every reference to a secret gives: none, it signs links of tests. */
const KEY_OF_LINKS = 'this key signs links of kept states only, nobody may use it elsewhere';

/** wayward.yaml beside the cases' registry: what waits may wait for long, so that a test need not hurry. */
const CONFIG = {
  state: 'state',
  credentials: 'cases.yaml',
  http: { port: 8080 },
  response: {
    mode: 'auto',
    rules: [
      { credential: 'planned-*', severity: 'medium', mode: 'approve' },
      { credential: 'expired', severity: 'medium', mode: 'approve' },
      { credential: 'refused', severity: 'medium', mode: 'approve' },
      { severity: 'medium', mode: 'auto' },
    ],
    limits: { credentials: 1_000, peer_group_percent: 100 },
    max_alert_age: '3650d',
    approval_timeout: '30d',
    webhook: { url: 'https://chat.example.com/hook', secret: SECRET },
    approvals: { url: 'https://wayward.example.com', key: SECRET },
  },
  drills: [{ with: 'postgres' }, { with: 'vault' }],
  revokers: ISSUERS,
};

export function writePlace(folder: string): void {
  writeFileSync(join(folder, 'wayward.yaml'), `${JSON.stringify(CONFIG, null, 1)}\n`);
  writeFileSync(join(folder, 'cases.yaml'), `${registryOfCases()}\n`);
}

export interface KeptPlace {
  readonly store: Store;
  readonly response: ResponseContext;
  readonly issuers: PlayedIssuers;
  /** Notifications that the webhook took. */
  readonly told: CloudEvent[];
  /** Moves the clock. */
  at(time: number): void;
  worker(options?: Partial<WorkerOptions>): Worker;
}

/** Response as the folder's files say, on its store, with a clock of its own and played issuers. */
export async function openPlace(folder: string): Promise<KeptPlace> {
  const config = loadConfig(join(folder, 'wayward.yaml'));
  await config.resolveSecrets(['response', 'revokers'], {
    env: { WAYWARD_KEPT_STATE: KEY_OF_LINKS },
    warn: () => undefined,
  });
  const registry = createRegistry(loadCredentials(join(folder, 'cases.yaml')));
  const store = new Store(config.state);
  const issuers = new PlayedIssuers();
  const told: CloudEvent[] = [];
  let time = LEFT_AT;
  const made = createResponse(config, registry, store);
  const response: ResponseContext = {
    ...made,
    plan: { ...made.plan, revokers: new Map(issuers.revokers.map((revoker) => [revoker.id, revoker])) },
    now: () => time,
  };
  return {
    store,
    response,
    issuers,
    told,
    at(next) {
      time = next;
    },
    worker: (options = {}) =>
      new Worker({
        context: response,
        deliver: async (event) => void told.push(event),
        onError: (error) => {
          throw error;
        },
        ...options,
      }),
  };
}
