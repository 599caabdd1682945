import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { authensorSchema } from '../authensor/settings.ts';
import { drillsSchema } from '../drills/config.ts';
import { ServerUnavailableError } from '../errors.ts';
import { customFormatSchema } from '../formats/custom-spec.ts';
import { IDENTITY_SOURCES } from '../formats/http.ts';
import { postgresSettings } from '../formats/postgres-settings.ts';
import { describedFormats, formatById, formats } from '../formats/registry.ts';
import { httpUrl } from '../http-url.ts';
import { checkKafka, type KafkaSettings, kafkaSchema, locatedKafka } from '../kafka/settings.ts';
import { type HttpSettings, httpSchema } from '../ops/settings.ts';
import { responseSchema } from '../response/config.ts';
import { REVOKERS } from '../revokers/registry.ts';
import { rotationSchema } from '../rotation/config.ts';
import { elasticsearchSchema } from '../sinks/elasticsearch/settings.ts';
import { kibanaSchema } from '../sinks/kibana/settings.ts';
import { type ConfiguredSink, configuredSinks, SINKS } from '../sinks/registry.ts';
import { doubtAboutKey } from '../webhook.ts';
import { SHIPPED_DETECTORS } from './detector-files.ts';
import { durationSchema } from './duration.ts';
import { nearest } from './nearest.ts';
import { type ProviderSettings, type SecretContext, type SecretError, SecretServerError } from './secret-provider.ts';
import { resolveSecrets, type Secret, secretProvidersSchema, secretSchema } from './secrets.ts';
import { checkYaml, loadYamlFile, type Report } from './yaml-file.ts';

export const DEFAULT_CONFIG = 'wayward.yaml';
const DEFAULT_CREDENTIALS = 'credentials.yaml';

const path = (example: string) => z.string().min(1).meta({ example });

const sourceSchema = z.strictObject({
  /** A path or a glob. */
  file: path('"/var/log/nginx/*.json"'),
  /** Wait for more at the end, as `tail -F` does. */
  follow: z.boolean().default(true),
  /** Id of a format; found from the content where it is left out. */
  format: z.string().min(1).optional(),
  /** What is known of the names in an HTTP log: looked up by the key that was checked, or logged only once they were authenticated. */
  identity: z.enum(IDENTITY_SOURCES).optional(),
  /** How long after its time a record may still come in order: at least as long as what writes or ships the log holds lines back. */
  settle: durationSchema.optional(),
  ...postgresSettings,
});

/** Settings by revoker, or by issuer where several revokers share them, each in the form that they ask for. */
const revokersSchema: z.ZodType<Readonly<Record<string, unknown>>> = z.strictObject(
  Object.fromEntries(
    REVOKERS.filter(({ accounts }) => accounts === undefined).map(({ id, settingsOf = id, settingsSchema }) => [
      settingsOf,
      settingsSchema.optional(),
    ]),
  ),
);

/** Settings by sink; those of Elasticsearch are written out, since its history and its verdicts are read with them, too. */
const sinkSchemas = Object.fromEntries(SINKS.map(({ id, settings }) => [id, settings.optional()]));

const consoleSchema = z.strictObject({
  url: httpUrl().meta({ example: 'https://wayward.example.com' }),
});

const waywardSchema = z.strictObject({
  ...sinkSchemas,
  sources: z.array(sourceSchema).default([]),
  formats: z.array(customFormatSchema).default([]),
  credentials: path('credentials.yaml').optional(),
  detectors: path('detectors/').optional(),
  state: path('.wayward').default('.wayward'),
  fingerprint_key: secretSchema.optional(),
  max_disorder: durationSchema.default(120_000),
  response: responseSchema.prefault({}),
  revokers: revokersSchema.default({}),
  drills: drillsSchema.default([]),
  rotation: rotationSchema.optional(),
  elasticsearch: elasticsearchSchema.optional(),
  authensor: authensorSchema.optional(),
  kibana: kibanaSchema.optional(),
  secret_providers: secretProvidersSchema.default({}),
  http: httpSchema.optional(),
  console: consoleSchema.optional(),
  kafka: kafkaSchema.optional(),
});

export type WaywardFile = z.infer<typeof waywardSchema>;

/** A key of the file; `sinks` are those of all sinks. */
type SecretKey = keyof WaywardFile | 'sinks';

/** What wayward.yaml says, with its defaults; every path is absolute. */
export interface WaywardConfig {
  readonly sources: WaywardFile['sources'];
  readonly formats: WaywardFile['formats'];
  /** The registry file; undefined where there is none. */
  readonly credentials: string | undefined;
  readonly detectors: string;
  /** Folder of the local store, mode 0700. */
  readonly state: string;
  readonly fingerprintKey: Secret | undefined;
  /** Milliseconds by which an event may come late and still be put in order. */
  readonly maxDisorder: number;
  readonly response: WaywardFile['response'];
  readonly revokers: WaywardFile['revokers'];
  readonly drills: WaywardFile['drills'];
  readonly rotation: WaywardFile['rotation'];
  readonly elasticsearch: WaywardFile['elasticsearch'];
  /** Whose receipts are read. */
  readonly authensor: WaywardFile['authensor'];
  /** Where alerts go; Elasticsearch is among them where it is configured. */
  readonly sinks: readonly ConfiguredSink[];
  readonly kibana: WaywardFile['kibana'];
  readonly secretProviders: ProviderSettings;
  /** Where health and metrics are served, if at all. */
  readonly http: HttpSettings | undefined;
  /** Where people look at alerts, for links in them. */
  readonly console: WaywardFile['console'];
  readonly kafka: KafkaSettings | undefined;
  /**
   * Fetches the secrets under these keys of the file.
   * @throws UsageError with file and line; ServerUnavailableError where the server that keeps one does not answer
   */
  resolveSecrets(keys: readonly SecretKey[], context: Omit<SecretContext, 'folder' | 'providers'>): Promise<void>;
}

/**
 * Reads wayward.yaml. Without a path: the one in the current folder, or the defaults if there is none.
 * @throws UsageError with file, line, what is wrong and what to write
 */
export function loadConfig(written?: string): WaywardConfig {
  const file = resolve(written ?? DEFAULT_CONFIG);
  const isThere = written !== undefined || existsSync(file);
  const { value, errorAt } = isThere
    ? loadYamlFile(written ?? DEFAULT_CONFIG, waywardSchema, { check: checkFile })
    : checkYaml('', DEFAULT_CONFIG, waywardSchema);
  const folder = dirname(file);
  const sinks = configuredSinks(value, folder);
  const providers = { folder, settings: value.secret_providers };
  const secretErrorAt = (path: readonly PropertyKey[], message: string, cause: SecretError): Error => {
    const error = errorAt(path, message);
    return cause instanceof SecretServerError ? new ServerUnavailableError(error.message) : error;
  };
  return {
    sources: value.sources.map((source) => ({ ...source, file: resolve(folder, source.file) })),
    formats: value.formats,
    credentials: credentialsFile(value, folder),
    detectors: value.detectors === undefined ? detectorsBeside(folder) : resolve(folder, value.detectors),
    state: resolve(folder, value.state),
    fingerprintKey: value.fingerprint_key,
    maxDisorder: value.max_disorder,
    response: value.response,
    revokers: value.revokers,
    drills: value.drills,
    rotation: value.rotation,
    elasticsearch: sinks.find(({ id }) => id === 'elasticsearch')?.settings as WaywardFile['elasticsearch'],
    authensor: value.authensor,
    sinks,
    kibana: value.kibana,
    secretProviders: providers,
    http: value.http,
    console: value.console,
    kafka: value.kafka && locatedKafka(value.kafka, folder),
    async resolveSecrets(keys, context) {
      const here = { ...context, folder, providers };
      const ofSinks = keys.includes('sinks') ? sinks.map(({ id, settings }) => [id, settings] as const) : [];
      const others = keys.filter((key) => key !== 'sinks').map((key) => [key, value[key]] as const);
      for (const [key, part] of [...others, ...ofSinks]) await resolveSecrets(part, here, secretErrorAt, [key]);
      for (const [where, secret] of signingKeys(value, keys)) {
        const doubt = doubtAboutKey(secret.reveal());
        if (doubt !== undefined) context.warn(`${where} ${doubt}`);
      }
    },
  };
}

/** The secrets under these keys that sign webhooks, and where they stand. */
const signingKeys = ({ response, revokers }: WaywardFile, keys: readonly SecretKey[]): [string, Secret][] => {
  const { webhook } = revokers as { webhook?: { readonly secret: Secret } };
  return [
    ...(keys.includes('response') && response.webhook ? [['response.webhook.secret', response.webhook.secret]] : []),
    ...(keys.includes('revokers') && webhook ? [['revokers.webhook.secret', webhook.secret]] : []),
  ] as [string, Secret][];
};

function checkFile(file: WaywardFile, report: Report): void {
  checkFormats(file, report);
  checkApprovals(file, report);
}

function checkApprovals({ response, http, kafka }: WaywardFile, report: Report): void {
  if (response.approvals === undefined) return;
  const where = ['response', 'approvals'];
  if (response.webhook === undefined)
    report(where, 'needs a webhook that carries the links; write response.webhook, too');
  // On Kafka it may be another process that serves them.
  if (http === undefined && kafka === undefined)
    report(where, 'needs a server for the links; write http: { port: 8080 }');
}

function checkFormats(file: WaywardFile, report: Report): void {
  const own = new Set<string>();
  for (const [index, { id }] of file.formats.entries()) {
    // Who described a log before it was built in keeps that description.
    const isBuiltIn = formatById(id) !== undefined && !describedFormats.some((format) => format.id === id);
    const taken = own.has(id) || isBuiltIn;
    if (taken) report(['formats', index, 'id'], `"${id}" is another format's already; write an id of its own`);
    own.add(id);
  }
  const problemWith = (format: string) =>
    own.has(format) || formatById(format) !== undefined ? undefined : unknownFormat(format, [...own]);
  for (const [index, { format }] of file.sources.entries()) {
    const problem = format === undefined ? undefined : problemWith(format);
    if (problem !== undefined) report(['sources', index, 'format'], problem);
  }
  if (file.kafka !== undefined) checkKafka(file.kafka, report, problemWith);
}

/** What is wrong with a format's name, and what to write; `own` are the ids of wayward.yaml. */
export function unknownFormat(id: string, own: readonly string[]): string {
  const known = [...own, ...formats.map((format) => format.id)];
  const guess = nearest(id, known);
  return `is no known format; write ${guess ?? `one of ${known.join(', ')}, or leave it out`}`;
}

/** A file that is named must be there; the default one only counts if it is. */
function credentialsFile({ credentials }: WaywardFile, folder: string): string | undefined {
  if (credentials !== undefined) return resolve(folder, credentials);
  const file = resolve(folder, DEFAULT_CREDENTIALS);
  return existsSync(file) ? file : undefined;
}

function detectorsBeside(folder: string): string {
  const own = resolve(folder, 'detectors');
  return existsSync(own) ? own : SHIPPED_DETECTORS;
}
