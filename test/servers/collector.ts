import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtOnce, runBuildStep } from './built-once.ts';
import { freePort } from './free-port.ts';
import { startServerProcess } from './server-process.ts';
import { watchedFolder } from './watched.ts';

export interface Collector {
  /** For `otlp.endpoint`. */
  readonly endpoint: string;
  /** Log records that it has taken, in order, as the collector itself writes them down. */
  records(): CollectedRecord[];
  stop(): Promise<void>;
}

/** A LogRecord of OTLP's JSON. */
export interface CollectedRecord {
  readonly timeUnixNano: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly eventName?: string;
  readonly body: { readonly stringValue?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface Exported {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly CollectedRecord[] }[];
  }[];
}

const VERSION = '0.165.0';

/**
 * A real OpenTelemetry Collector with a receiver of OTLP/HTTP and an exporter into a file. The binary is built here once with Go and
 * kept in the user's cache folder. Throws MissingServer without it.
 */
export async function startCollector(): Promise<Collector> {
  const binary = join(await builtOnce(`otel-collector-${VERSION}`, 'collector', build), 'collector');
  const folder = watchedFolder('collector');
  const [port, file, config] = [await freePort(), join(folder, 'logs.ndjson'), join(folder, 'config.json')];
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: { file: { path: file, flush_interval: '100ms' } },
      service: {
        telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
        pipelines: { logs: { receivers: ['otlp'], exporters: ['file'] } },
      },
    }),
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const { stop } = await startServerProcess(
    { name: 'the OpenTelemetry Collector', binary, args: ['--config', `file:${config}`], folder },
    () => takesLogs(endpoint),
  );
  const records = () =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line): Exported => JSON.parse(line))
      .flatMap(({ resourceLogs }) => resourceLogs)
      .flatMap(({ scopeLogs }) => scopeLogs)
      .flatMap(({ logRecords }) => logRecords);
  return { endpoint, records, stop };
}

async function takesLogs(endpoint: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { ok, status } = await fetch(`${endpoint}/v1/logs`, { method: 'POST', headers, body: '{}' });
  if (!ok) throw new Error(`${endpoint} is answered with ${status}`);
}

async function build(cache: string): Promise<void> {
  process.stderr.write(`Building the OpenTelemetry Collector ${VERSION} for the tests, once; this takes minutes.\n`);
  for (const file of ['main.go', 'go.mod'])
    copyFileSync(join(import.meta.dirname, 'collector-build', file), join(cache, file));
  await runBuildStep('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', 'collector.new', '.'], {
    missing: 'the OpenTelemetry Collector is not here: install Go to have it built',
    cwd: cache,
    env: { GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
  });
  renameSync(join(cache, 'collector.new'), join(cache, 'collector'));
}
