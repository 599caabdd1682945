import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { isSuccess, isTransientStatus, readJson, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import { VERSION } from '../version.ts';
import { logRecord } from './otlp-record.ts';
import { TryAgain } from './patience.ts';
import { type Answer, type Appended, PostedSink } from './posted.ts';
import type { SinkKind } from './sink.ts';

/** `otlp:` in wayward.yaml. */
const otlpSchema = z.strictObject({
  /** Base of the OTLP/HTTP receiver: `/v1/logs` is added. */
  endpoint: httpUrl('write headers beside it').meta({ example: 'https://collector.example.com:4318' }),
  /** Such as an API key; a value may be a secret's reference. */
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is no name of a header'), secretSchema).default({}),
});

type OtlpSettings = z.infer<typeof otlpSchema>;

const TIMEOUT_MS = 30_000;
/** What the specification lets a client repeat: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const REPEATABLE = new Set([429, 502, 503, 504]);
/** The payload is at fault, and nothing else. */
const UNFIT = new Set([400, 413]);

const answerSchema = z.object({
  partialSuccess: z
    .object({ rejectedLogRecords: z.coerce.number().default(0), errorMessage: z.string().default('') })
    .optional(),
});

export const otlp: SinkKind<OtlpSettings> = {
  id: 'otlp',
  title: 'OTLP receiver',
  about: {
    gets: 'an alert at each rise of its severity, and what response did',
    promises: 'at least once: what had no answer is posted again, under the same `log.record.uid`',
    tested: 'OpenTelemetry Collector 0.165',
  },
  settings: otlpSchema,
  async open(settings, options) {
    return new PostedSink({ ...options, post: (some) => post(some, settings) });
  },
};

async function post(some: readonly Appended[], { endpoint, headers }: OtlpSettings): Promise<Answer> {
  const secrets = Object.values(headers).map((value) => value.reveal());
  const own = Object.entries(headers).map(([name, value]) => [name, value.reveal()]);
  const { status, text, retryAfterMs } = await request({
    service: 'OTLP receiver',
    url: `${endpoint.replace(/\/$/, '')}/v1/logs`,
    headers: { ...Object.fromEntries(own), 'content-type': 'application/json' },
    body: JSON.stringify(exportRequest(some)),
    timeoutMs: TIMEOUT_MS,
    secrets,
  });
  if (isSuccess(status)) return accepted(readJson(text, answerSchema)?.partialSuccess);
  if (UNFIT.has(status))
    return { kind: 'unfit', type: String(status), reason: 'the receiver does not take the record' };
  if (REPEATABLE.has(status) || isTransientStatus(status))
    throw new TryAgain(`OTLP receiver answered ${status}`, false, retryAfterMs);
  throw new TryAgain(`OTLP receiver answered ${status}; check otlp.endpoint and otlp.headers`, true);
}

const accepted = (partial: z.infer<typeof answerSchema>['partialSuccess']): Answer =>
  partial === undefined || partial.rejectedLogRecords === 0
    ? { kind: 'taken' }
    : { kind: 'taken-in-part', count: partial.rejectedLogRecords, reason: 'the receiver dropped records' };

/** ExportLogsServiceRequest as JSON: https://github.com/open-telemetry/opentelemetry-proto */
const exportRequest = (some: readonly Appended[]) => ({
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'wayward' } },
          { key: 'service.version', value: { stringValue: VERSION } },
        ],
      },
      scopeLogs: [{ scope: { name: 'wayward', version: VERSION }, logRecords: some.map(logRecord) }],
    },
  ],
});
