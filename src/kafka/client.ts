import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Kafka as Client, type KafkaConfig, logLevel, type Mechanism, type SASLOptions } from 'kafkajs';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import { forKafkajs, openSocket } from './broker-address.ts';
import { clientLog } from './client-log.ts';
import { registerCodecs } from './codecs.ts';
import type { Log } from './log.ts';
import { type OwnNames, ownNames } from './names.ts';
import { oauthBearer } from './oauth-bearer.ts';
import { patchKafkajs } from './patches/patch.ts';
import { type GroupSession, type KafkaSettings, type SaslSettings, sessionOf } from './settings.ts';
import { whyUnavailable } from './why-unavailable.ts';

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUT_MS = 10_000;

/** Whoever is outside this folder hands it on, and asks nothing of it but what Wayward's own topics and groups are called there. */
export type Kafka = Client & { readonly names: OwnNames; readonly session: GroupSession };

/**
 * The one place that makes kafkajs's client. It never gives up: a broker that is away is tried for again, at most every
 * 2 s. So call `requireKafka` first, for the errors that a person must mend. The secrets must be resolved.
 * @throws UsageError for a certificate that can't be read
 */
export function createKafka(settings: KafkaSettings, log: Log, clientId = settings.client_id): Kafka {
  return client(settings, {
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: Number.POSITIVE_INFINITY, initialRetryTime: 50, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    logCreator: clientLog(log),
  });
}

/**
 * Whether Kafka is there and takes us, within 10 s.
 * @throws ServerUnavailableError with the broker and what to check, without any secret
 */
export async function requireKafka(settings: KafkaSettings): Promise<void> {
  const kafka = client(settings, {
    clientId: settings.client_id,
    connectionTimeout: CHECK_TIMEOUT_MS / 4,
    authenticationTimeout: CHECK_TIMEOUT_MS / 2,
    requestTimeout: CHECK_TIMEOUT_MS / 2,
    // kafkajs goes from one broker of the list to the next with each try.
    retry: { retries: settings.brokers.length, initialRetryTime: 100, maxRetryTime: 500 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const reached = admin.connect().then(() => admin.describeCluster());
  try {
    await within(CHECK_TIMEOUT_MS, reached);
  } catch (error) {
    throw new ServerUnavailableError(whyUnavailable(error, settings));
  } finally {
    await admin.disconnect();
  }
}

function client(settings: KafkaSettings, config: Omit<KafkaConfig, 'brokers'>): Kafka {
  const { brokers, prefix, tls, sasl } = settings;
  patchKafkajs();
  registerCodecs();
  const security = { ...(tls && { ssl: tlsOptions(tls) }), ...(sasl && { sasl: saslOptions(sasl) }) };
  const place = { brokers: brokers.map(forKafkajs), socketFactory: openSocket };
  const own = { names: ownNames(prefix), session: sessionOf(settings) };
  return Object.assign(new Client({ ...place, ...security, ...config }), own);
}

/** kafkajs has a type for each mechanism, of one form, and reads the password for each connection: it may have changed. */
function saslOptions(sasl: SaslSettings): SASLOptions | Mechanism {
  const { mechanism } = sasl;
  if (mechanism === 'oauthbearer') return oauthBearer(sasl);
  return {
    ...{ mechanism, username: sasl.username },
    get password() {
      return sasl.password.reveal();
    },
  } as SASLOptions;
}

function tlsOptions(tls: NonNullable<KafkaSettings['tls']>): ConnectionOptions {
  return {
    ...(tls.ca !== undefined && { ca: pem('ca', tls.ca) }),
    ...(tls.cert !== undefined && { cert: pem('cert', tls.cert) }),
    ...(tls.key && { key: tls.key.reveal() }),
    ...(tls.server_name !== undefined && { servername: tls.server_name }),
  };
}

function pem(field: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`kafka.tls.${field}: ${file} can't be read (${code}); write the path of a PEM file`, {
      cause,
    });
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
