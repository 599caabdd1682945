import { resolve } from 'node:path';
import { DEFAULT_CONFIG, type WaywardConfig } from '../config/wayward-yaml.ts';
import { ConfigWatch } from '../ops/config-watch.ts';
import { Health } from '../ops/health.ts';
import { type Route, serve } from '../ops/http.ts';
import { Metrics } from '../ops/metrics.ts';
import { pagesOf } from '../ops/pages.ts';
import type { Telemetry } from '../ops/telemetry.ts';
import type { ServiceLog } from './service-log.ts';

export interface OpsOptions {
  readonly config: WaywardConfig;
  /** What `--config`, `--credentials` and `--detectors` say. */
  readonly chosen: { readonly config?: string; readonly credentials?: string; readonly detectors?: string };
  readonly log: ServiceLog;
  /** Aborted when the process is to stop: from then on it is not ready. */
  readonly signal: AbortSignal;
  /** Milliseconds; a minute where absent. */
  readonly lookEvery?: number | undefined;
}

/** How a running Wayward is: what its parts tell, what is served of it, and whether its configuration is still that on the disk. */
export interface Ops {
  readonly telemetry: Telemetry;
  /** The numbers of the health stream, as they are now. */
  readonly metrics: Metrics;
  /** Serves a route where `http:` is configured; call what it returns before what it works with ends. */
  mount(prefix: string, route: Route): () => void;
  /** Everything has been opened and restored; until then it is not ready. */
  started(): void;
  /** The registry and the detectors were read anew. */
  reloaded(): void;
  close(): Promise<void>;
}

/**
 * Begins to watch and, where `http:` is configured, to serve. Call it right after configuration was loaded, and close it
 * before or with what its telemetry reads.
 * @throws UsageError where the port can't be had
 */
export async function startOps({ config, chosen, log, signal, lookEvery }: OpsOptions): Promise<Ops> {
  const metrics = new Metrics();
  const health = new Health();
  const own = resolve(chosen.config ?? DEFAULT_CONFIG);
  const registry = chosen.credentials ?? config.credentials;
  const watch = new ConfigWatch({
    files: [own, ...(registry === undefined ? [] : [resolve(registry)])],
    folder: resolve(chosen.detectors ?? config.detectors),
    every: lookEvery,
    onChange: (changed) => tellOfConfig(log, changed, own),
  });
  metrics.read('configStale', () => (watch.changed.length > 0 ? 1 : 0));
  health.component('config', () =>
    watch.changed.length > 0
      ? { state: 'degraded', reason: `differs from what runs: ${watch.changed.join(', ')}` }
      : { state: 'ok' },
  );
  health.component('stop', () => (signal.aborted ? { state: 'down', reason: 'stopping' } : { state: 'ok' }));
  const started = health.component('start', () => ({ state: 'down', reason: 'opening sources and restoring state' }));
  const onError = (error: unknown) => log.error({ err: error }, 'serving failed');
  const server = config.http && (await serve(config.http, pagesOf(health, metrics), onError));
  if (config.http) log.info(config.http, 'serving /healthz, /readyz and /metrics');
  return {
    telemetry: {
      read: (metric, samples) => metrics.read(metric, samples),
      observe: (metric, seconds) => metrics.observe(metric, seconds),
      component: (name, condition) => health.component(name, condition),
    },
    metrics,
    mount: (prefix, route) => server?.mount(prefix, route) ?? (() => {}),
    started,
    reloaded: () => watch.reloaded([own]),
    async close() {
      watch.close();
      await server?.close();
    },
  };
}

function tellOfConfig(log: ServiceLog, changed: readonly string[], own: string): void {
  if (changed.length === 0) log.info('the configuration on the disk is again what runs');
  else log.warn({ changed }, `the configuration on the disk differs from what runs: ${howToUse(changed, own)}`);
}

const howToUse = (changed: readonly string[], own: string): string =>
  changed.includes(own) ? 'restart to use it' : 'wayward reload takes it, and so does a restart';
