import { resolve } from 'node:path';
import { z } from 'zod';
import { durationSchema } from '../config/duration.ts';
import { secretSchema } from '../config/secrets.ts';
import type { Report } from '../config/yaml-file.ts';
import { IDENTITY_SOURCES } from '../formats/http.ts';
import { postgresSettings } from '../formats/postgres-settings.ts';
import { httpUrl, isLoopback } from '../http-url.ts';
import { isBroker } from './broker-address.ts';
import { holdsOwnName, LONGEST_PREFIX, ownNames, prefixOf } from './names.ts';

const brokerSchema = z
  .string()
  .refine(isBroker, 'is not HOST:PORT; write such as kafka-1.example.com:9092 or [2001:db8::7]:9092');

const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'is not the name of a topic; write 1 to 249 letters, digits, ".", "_" or "-"');

const prefixSchema = z
  .string()
  .regex(/^[\w.-]*$/, 'has a character that no name of a topic may have; write letters, digits, ".", "_" or "-"')
  .max(LONGEST_PREFIX)
  .refine(
    (prefix) => !holdsOwnName(prefix),
    'holds a name of Wayward itself; write only what comes before those, such as acme.',
  );

const pemFile = (example: string) => z.string().min(1).meta({ example });

const tlsSchema = z
  .strictObject({
    /** Authority that the brokers' certificates are from; the system's own authorities where absent. */
    ca: pemFile('kafka-ca.pem').optional(),
    /** The client's certificate, for brokers that ask for one. */
    cert: pemFile('kafka-client.pem').optional(),
    key: secretSchema.optional(),
    /** The name in the brokers' certificates, where it is not the one that is connected to. */
    server_name: z.string().min(1).optional(),
  })
  .meta({ example: 'true, or ca: with a file below it' });

const passwordSchema = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
  username: z.string().min(1).meta({ example: 'wayward' }),
  password: secretSchema,
});

/** RFC 7628, with tokens by client credentials (RFC 6749, section 4.4). */
const bearerSchema = z.strictObject({
  mechanism: z.literal('oauthbearer'),
  token_url: httpUrl().meta({ example: 'https://login.example.com/token' }),
  client_id: z.string().min(1).max(256).meta({ example: 'wayward' }),
  client_secret: secretSchema,
  /** What the server is asked for besides, where it needs that to know that the token is for Kafka. */
  scope: z.string().min(1).optional(),
  audience: z.string().min(1).optional(),
  /** RFC 8707. */
  resource: z.string().min(1).optional(),
});

const saslSchema = z.discriminatedUnion('mechanism', [passwordSchema, bearerSchema]);
export type SaslSettings = z.infer<typeof saslSchema>;

/** What Kafka calls us, as far as that is known before it has said so. */
export const userOf = (sasl: SaslSettings): string =>
  sasl.mechanism === 'oauthbearer' ? sasl.client_id : sasl.username;

/** `kafka:` in wayward.yaml. All durations in milliseconds. */
export const kafkaSchema = z.strictObject({
  brokers: z.array(brokerSchema).min(1).meta({ example: '[kafka-1.example.com:9092]' }),
  client_id: z.string().min(1).default('wayward'),
  /** Before all topics, consumer groups and transactional ids of Wayward itself: several Waywards share a cluster. */
  prefix: prefixSchema.default('').meta({ example: 'acme.' }),
  // No union: of that, nobody would hear which field is wrong.
  tls: z.preprocess((written) => (written === true ? {} : written), tlsSchema).optional(),
  sasl: saslSchema.optional(),
  /** The raw topics that ingest reads, each of one format: one partition must not be read in two ways. */
  topics: z
    .array(
      z.strictObject({
        topic: topicName.meta({ example: 'gateway-logs' }),
        format: z.string().min(1).meta({ example: 'nginx-json' }),
        /** As in `sources:`. */
        identity: z.enum(IDENTITY_SOURCES).optional(),
        /** Instead of the one for all. */
        settle: durationSchema.optional(),
        ...postgresSettings,
      }),
    )
    .default([]),
  /** Of wayward.events and wayward.state, when `setup kafka` makes them. */
  partitions: z.int().min(1).max(10_000).default(12),
  /** How long a raw partition must be silent and read to its end until time moves on without it. */
  settle: durationSchema.default(300),
  /** Events that may wait for their turn in one partition of wayward.events, about 1 KB of memory each; beyond it they leave before it. */
  max_waiting: z.int().min(1).default(1_000_000),
  /** Time between two snapshots of detection's state. */
  snapshot_every: durationSchema.default(30_000),
  /** A process that says nothing for so long has lost its partitions. The default is that of Kafka's own clients. */
  session_timeout: durationSchema.default(45_000),
  /** How often it says that it is there; 3 s as Kafka's own clients, or a third of a session that is shorter, where absent. */
  heartbeat: durationSchema.optional(),
});

export type KafkaSettings = z.infer<typeof kafkaSchema>;

/** Heartbeats of a session, at least. */
const BEATS = 3;
const HEARTBEAT = 3_000;

export interface GroupSession {
  /** Milliseconds, as is the other. */
  readonly timeout: number;
  readonly heartbeat: number;
}

/** How Kafka's groups find out that a process has died. */
export const sessionOf = ({ session_timeout: timeout, heartbeat }: KafkaSettings): GroupSession => ({
  timeout,
  heartbeat: heartbeat ?? Math.min(HEARTBEAT, Math.floor(timeout / BEATS)),
});

/** What the schema alone can't see. `unknownFormat` says what is wrong with a format's id, if anything. */
export function checkKafka(
  { prefix, topics, tls, sasl, session_timeout, heartbeat }: KafkaSettings,
  report: Report,
  unknownFormat: (id: string) => string | undefined,
): void {
  if (tls?.cert !== undefined && tls.key === undefined)
    report(['kafka', 'tls', 'cert'], 'has no key; write key: beside it');
  if (tls?.key !== undefined && tls.cert === undefined)
    report(['kafka', 'tls', 'key'], 'has no certificate; write cert: beside it');
  const inClear = { plain: 'the password', oauthbearer: 'the token' };
  if ((sasl?.mechanism === 'plain' || sasl?.mechanism === 'oauthbearer') && tls === undefined)
    report(
      ['kafka', 'sasl', 'mechanism'],
      `would send ${inClear[sasl.mechanism]} in clear; write tls: true, or scram-sha-512 here`,
    );
  if (sasl?.mechanism === 'oauthbearer' && !sasl.token_url.startsWith('https:') && !isLoopback(sasl.token_url))
    report(['kafka', 'sasl', 'token_url'], 'must be https: the secret of the client is sent there');
  const longest = Math.floor(session_timeout / BEATS);
  if (heartbeat !== undefined && heartbeat > longest)
    report(
      ['kafka', 'heartbeat'],
      `is more than a third of session_timeout: one that is late could cost a process its partitions; write at most ${longest}ms`,
    );
  const { topicsBegin } = ownNames(prefix);
  const names = new Set<string>();
  for (const [index, { topic, format }] of topics.entries()) {
    const at = (field: string) => ['kafka', 'topics', index, field];
    if (topic.startsWith(topicsBegin))
      report(at('topic'), `begins with "${topicsBegin}" as Wayward's own topics do; write a topic that holds logs`);
    else if (prefixOf(topic) !== undefined)
      report(
        at('topic'),
        `is called as a topic of another Wayward is, with its kafka.prefix; write a topic that holds logs`,
      );
    if (names.has(topic)) report(at('topic'), 'is there twice; leave one of them out');
    names.add(topic);
    const problem = unknownFormat(format);
    if (problem !== undefined) report(at('format'), problem);
  }
}

/** With absolute paths: relative ones start at the folder of the configuration. */
export function locatedKafka(settings: KafkaSettings, folder: string): KafkaSettings {
  const { tls } = settings;
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  return { ...settings, tls: tls && { ...tls, ca: absolute(tls.ca), cert: absolute(tls.cert) } };
}
