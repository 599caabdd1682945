import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { createKafka, requireKafka } from '../kafka/client.ts';
import type { OwnTopics } from '../kafka/names.ts';
import { topicsGone } from '../kafka/topic-watch.ts';
import { requireTopics, withoutTopics } from '../kafka/topics.ts';
import type { Condition } from '../ops/telemetry.ts';
import { startDeliver } from '../pipeline/kafka/deliver-role.ts';
import { startDetect } from '../pipeline/kafka/detect-role.ts';
import { ForeignMessages } from '../pipeline/kafka/foreign.ts';
import { startHealthStream } from '../pipeline/kafka/health-stream.ts';
import { startIngest } from '../pipeline/kafka/ingest-role.ts';
import { publishReload } from '../pipeline/kafka/publish-command.ts';
import { startRespond } from '../pipeline/kafka/respond-role.ts';
import type { Role } from '../pipeline/kafka/role.ts';
import { RoleCounts, tellOfLag } from '../pipeline/kafka/role-counts.ts';
import type { LaneOptions } from '../pipeline/lane.ts';
import type { RulesInUse } from '../pipeline/rules-in-use.ts';
import { SINKS } from '../sinks/registry.ts';
import { serveKafkaLinks, servesLinks } from './approval-links.ts';
import type { Canary } from './canary.ts';
import { type CommandIo, EXIT_INTERRUPTED, EXIT_SERVER_MISSING } from './io.ts';
import { laneOptionsOf } from './logs.ts';
import { namesOf } from './names-of.ts';
import type { Ops } from './ops.ts';
import type { Setup } from './options.ts';
import type { ServiceLog } from './service-log.ts';

export const ROLES = ['ingest', 'detect', 'deliver', 'respond'] as const;
export type RoleName = (typeof ROLES)[number];

export interface KafkaRunOptions {
  readonly config: WaywardConfig;
  readonly rules: RulesInUse;
  /** Of credentials' `revoke` entries. */
  readonly fetchSecrets: Setup['fetchSecrets'];
  /** Those that were asked for; undefined = all that are configured. */
  readonly roles: readonly RoleName[] | undefined;
  /** `--forget-names` */
  readonly forgetNames: boolean;
  readonly ops: Ops;
  /** Absent where this process does not detect. */
  readonly canary: Canary | undefined;
  readonly log: ServiceLog;
  readonly io: CommandIo;
}

/** How long stopping may take: what is not committed by then is done again by whoever takes over, milliseconds. */
const LONGEST_STOP = 10_000;
const LINGER = 1_000;
const HANGUP = 'SIGHUP';

/** Does its share of the work on Kafka until stopped. */
export async function runKafka(options: KafkaRunOptions): Promise<void> {
  const { config, log, io, ops } = options;
  const settings = config.kafka;
  if (settings === undefined)
    throw new UsageError('--roles is for Kafka; write kafka: in wayward.yaml, or leave it out');
  if (config.fingerprintKey === undefined)
    throw new UsageError(
      'wayward.yaml: no fingerprint_key; processes that share the work need the same one: write fingerprint_key: secret://env/WAYWARD_FINGERPRINT_KEY',
    );
  await requireKafka(settings);
  const kafka = createKafka(settings, log);
  const roles = rolesOf(options);
  const topics = topicsOf(roles, config, kafka.names.topics);
  await requireTopics(kafka, topics);
  const counts = new RoleCounts();
  counts.tell(ops.telemetry);
  options.canary?.watch(() => [...counts.detectors].map(({ core }) => core.given));
  const foreign = new ForeignMessages(log);
  foreign.tell(ops.telemetry);
  const common = { kafka, rules: options.rules, counts, foreign, log };
  const running = new Map<RoleName, Role>();
  /** What no new try can mend ends it, as a signal does. */
  const refused: UsageError[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([io.signal, ending.signal]);
  tellOfLag(ops.telemetry, () => [...running.values()].flatMap(({ slots }) => slots));
  for (const role of roles) ops.telemetry.component(role, () => conditionOf(running.get(role)));
  const start: Readonly<Record<RoleName, () => Promise<Role>>> = {
    ingest: async () => startIngest({ ...common, lanes: await lanesOf(options), settle: settings.settle }),
    deliver: () => {
      const { sinks, console } = config;
      return startDeliver({ kafka, sinks, log, foreign, telemetry: ops.telemetry, console: console?.url });
    },
    detect: async () =>
      startDetect({
        ...common,
        maxWaiting: settings.max_waiting,
        snapshotEvery: settings.snapshot_every,
        names: await namesOf(config, io),
        forgetNames: options.forgetNames,
        onRefused: (error) => {
          refused.push(error);
          ending.abort();
        },
      }),
    respond: () =>
      startRespond({
        ...common,
        config,
        fetchSecrets: options.fetchSecrets,
        transactions: counts.transactions,
        telemetry: ops.telemetry,
      }),
  };
  const begun: Promise<Stopping>[] = [];
  const begin = <T extends Stopping>(part: Promise<T>): Promise<T> => {
    begun.push(part);
    return part;
  };
  const steps: (() => Promise<unknown>)[] = [
    // Detection first, so that it is there when events come.
    ...[...roles].reverse().map((role) => async () => running.set(role, await begin(start[role]()))),
    async () => servesLinks(config) && begin(serveKafkaLinks({ ...options, kafka, signal })),
    () => begin(startHealthStream({ kafka, measurements: () => ops.metrics.measurements(), log })),
  ];
  io.onHangup?.(() => {
    // To all: they share the work, so they need the same.
    const rules = options.rules.look(HANGUP);
    const order = rules && { id: randomUUID(), by: HANGUP, hash: rules.hash };
    if (order !== undefined)
      publishReload(order, kafka).catch((error: unknown) => log.error({ err: error }, 'reload could not be published'));
  });
  let gone: readonly string[] = [];
  try {
    await Promise.race([inOrder(steps, signal), untilAborted(signal)]);
    if (!signal.aborted) {
      ops.started();
      log.info({ roles, client: settings.client_id }, 'working');
    }
    gone = (await Promise.race([topicsGone(kafka, topics, log, signal), untilAborted(signal)])) ?? [];
    if (gone.length > 0) log.error({ topics: gone }, withoutTopics(gone, kafka.names, []).message);
  } finally {
    const inTime = await stopAll(begun, log);
    if (inTime) log.info({ roles }, 'stopped');
    else {
      io.exitCode = EXIT_INTERRUPTED;
      exitSoon();
    }
    if (gone.length > 0) io.exitCode = EXIT_SERVER_MISSING;
  }
  exitSoon();
  const [refusal] = refused;
  if (refusal !== undefined) throw refusal;
}

/** After brokers were away, kafkajs may hold a process that has nothing more to do; whatever it holds, all is committed. */
const exitSoon = (): void => void setTimeout(() => process.exit(), LINGER).unref();

/** Those that were asked for, or all that the configuration has what they need for. */
function rolesOf({ roles, config }: KafkaRunOptions): readonly RoleName[] {
  if (roles?.includes('ingest') && config.kafka?.topics.length === 0)
    throw new UsageError(
      'wayward.yaml: kafka has no topics to ingest; write topics: [{ topic: gateway-logs, format: nginx-json }]',
    );
  if (roles?.includes('deliver') && config.sinks.length === 0)
    throw new UsageError(
      `--roles deliver: wayward.yaml has no ${SINKS.map(({ id }) => id).join(', ')}; write such as elasticsearch: { node: https://elasticsearch.example.com:9200 }`,
    );
  return ROLES.filter((role) => roles?.includes(role) ?? hasUseFor(role, config));
}

const hasUseFor = (role: RoleName, { sinks, kafka }: WaywardConfig): boolean =>
  (role !== 'deliver' || sinks.length > 0) && (role !== 'ingest' || kafka?.topics.length !== 0);

const TOPICS: Readonly<Record<RoleName, readonly (keyof OwnTopics)[]>> = {
  ingest: ['events', 'ingest', 'control', 'deadLetters'],
  detect: ['events', 'state', 'alerts', 'documents'],
  deliver: ['alerts', 'documents', 'deadLetters'],
  respond: ['alerts', 'documents', 'control', 'response'],
};

const topicsOf = (roles: readonly RoleName[], config: WaywardConfig, own: OwnTopics): string[] => {
  const raw = roles.includes('ingest') ? (config.kafka?.topics ?? []).map(({ topic }) => topic) : [];
  const links = servesLinks(config) ? [own.control, own.response] : [];
  return [...new Set([...raw, ...roles.flatMap((role) => TOPICS[role].map((topic) => own[topic])), ...links])];
};

async function lanesOf({ config, io, log }: KafkaRunOptions): Promise<ReadonlyMap<string, LaneOptions>> {
  const lanes = new Map<string, LaneOptions>();
  for (const source of config.kafka?.topics ?? []) {
    const options = await laneOptionsOf(config, io, source);
    lanes.set(source.topic, { ...options, onWarning: (text) => log.warn(text) });
  }
  return lanes;
}

function conditionOf(role: Role | undefined): Condition {
  if (role === undefined) return { state: 'down', reason: 'starting' };
  if (role.ready) return role.condition?.() ?? { state: 'ok' };
  const missing = role.slots.filter(({ running }) => !running).map(({ name }) => name);
  return {
    state: 'down',
    reason: missing.length === 0 ? 'the group has not met yet' : `taking over ${missing.join(', ')}`,
  };
}

async function inOrder(steps: readonly (() => Promise<unknown>)[], signal: AbortSignal): Promise<void> {
  for (const step of steps) if (!signal.aborted) await step();
}

/** Also where brokers are away and nothing that was asked of them returns. */
const untilAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** Whether all has ended in time. */
async function stopAll(begun: readonly Promise<Stopping>[], log: ServiceLog): Promise<boolean> {
  // One that could not begin has said why.
  const stopping = Promise.all(begun.map(async (part) => (await part.catch(() => undefined))?.stop()));
  const failed = (error: unknown): void => log.error({ err: error }, 'stopping failed');
  const stopped = stopping.then(() => {}, failed).then(() => true);
  const timer = new AbortController();
  const inTime = await Promise.race([stopped, sleep(LONGEST_STOP, false, { signal: timer.signal })]);
  timer.abort();
  if (!inTime) log.warn('stopping took too long; what was not committed is done again by whoever takes over');
  return inTime;
}

/** What has begun and has to be ended. */
interface Stopping {
  stop(): Promise<void>;
}
