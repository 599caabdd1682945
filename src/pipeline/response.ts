import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Registry } from '../attribution/registry.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import type { DrillContext } from '../drills/drill.ts';
import { AuditTrail, type HeadMark } from '../response/audit.ts';
import { IssuerCircuits } from '../response/circuits.ts';
import type { ResponseContext } from '../response/context.ts';
import { Outbox } from '../response/outbox.ts';
import type { PlanContext } from '../response/plan.ts';
import { Worker, type WorkerOptions } from '../response/worker.ts';
import { REVOKERS } from '../revokers/registry.ts';
import type { Store } from '../sinks/store.ts';
import { deliver } from '../webhook.ts';

/**
 * Response as configured, on the local store. A relative `audit_head` starts at the state folder.
 * The secrets of `response` and `revokers` are needed once a worker calls somebody, not before; `fetchSecrets` fetches
 * those of a credential's `revoke` entry then. `markOf` where several processes take turns at the store.
 */
export function createResponse(
  config: WaywardConfig,
  { credentials }: Pick<Registry, 'credentials'>,
  store: Store,
  fetchSecrets?: PlanContext['fetchSecrets'],
  markOf?: (headFile: string) => HeadMark,
): ResponseContext {
  const head = resolve(config.state, config.response.audit_head ?? 'audit-head');
  return {
    state: store,
    outbox: new Outbox(store),
    // On Kafka the store is the topic, which no file here is part of.
    audit: new AuditTrail(store, head, markOf?.(head), markOf !== undefined || isOutside(head, config.state)),
    config: config.response,
    plan: {
      credentials: byId(credentials),
      revokers: new Map(REVOKERS.map((revoker) => [revoker.id, revoker])),
      settings: config.revokers,
      fetchSecrets,
    },
    circuits: new IssuerCircuits(),
    now: Date.now,
  };
}

/** From now on these are planned for. What was decided before keeps the specification as it was written. */
export function planWith({ plan }: ResponseContext, { credentials }: Pick<Registry, 'credentials'>): void {
  plan.credentials = byId(credentials);
}

const byId = (credentials: Registry['credentials']): PlanContext['credentials'] =>
  new Map(credentials.map((credential) => [credential.id, credential]));

/** Whether a file lies outside a folder, links followed; neither need be there yet. */
function isOutside(file: string, folder: string): boolean {
  const place = existsSync(file) ? realpathSync(file) : join(realFolder(dirname(file)), basename(file));
  const path = relative(realFolder(folder), place);
  return path.startsWith('..') || isAbsolute(path);
}

const realFolder = (folder: string): string => (existsSync(folder) ? realpathSync(folder) : folder);

/** What makes the steps that are decided, with the configured webhook. */
export function createWorker(options: Omit<WorkerOptions, 'deliver'>): Worker {
  const { webhook } = options.context.config;
  if (webhook === undefined) return new Worker(options);
  return new Worker({
    ...options,
    deliver: (event) => deliver({ url: webhook.url, secret: webhook.secret.reveal() }, event),
  });
}

/** As `createWorker`, for drills: each has a context of its own. `beforeCall` as a worker takes it. */
export const createDrillWorker =
  (beforeCall?: WorkerOptions['beforeCall']): DrillContext['worker'] =>
  (context, cause, onError) =>
    createWorker({ context, cause, onError, ...(beforeCall && { beforeCall }) });
