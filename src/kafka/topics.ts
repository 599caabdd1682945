import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { ServerUnavailableError } from '../errors.ts';
import type { Kafka } from './client.ts';
import { type OwnNames, otherPrefixes } from './names.ts';
import { untilAnswered } from './until-answered.ts';

/** Node can't see these by name: kafkajs is CommonJS. */
const { ConfigResourceTypes, KafkaJSAggregateError } = kafkajs;

/** A topic as it should be. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  /** As Kafka's documentation names them. */
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicState {
  readonly plan: TopicPlan;
  readonly exists: boolean;
  /** What is there but not as planned, such as `1 partition instead of 12`. */
  readonly differences: readonly string[];
}

/** @throws ServerUnavailableError for those that are not there, with what to do about it */
export async function requireTopics(kafka: Kafka, names: readonly string[]): Promise<void> {
  const there = await withAdmin(kafka, (admin) => admin.listTopics());
  const missing = names.filter((name) => !there.includes(name));
  if (missing.length > 0) throw withoutTopics(missing, kafka.names, there);
}

/** What to say, and what to do about it. */
export function withoutTopics(
  missing: readonly string[],
  names: OwnNames,
  there: readonly string[],
): ServerUnavailableError {
  const isOwn = (name: string): boolean => name.startsWith(names.topicsBegin);
  const own = missing.some(isOwn) ? ['run wayward setup kafka', ...beginsAnew(names, there)] : [];
  const raw = missing.every(isOwn) ? [] : ['make those that hold your logs, or mend kafka.topics in wayward.yaml'];
  return new ServerUnavailableError(
    `Kafka has no topic ${missing.join(', ')}, or does not show it to this user; ${[...own, ...raw].join('; ')}`,
  );
}

const MOST_TOLD = 5;

/**
 * What to say where a Wayward has none of its topics yet but others have: `kafka.prefix` may have been changed by mistake, and
 * nothing is carried over.
 */
export function beginsAnew(names: OwnNames, there: readonly string[]): string[] {
  const others = otherPrefixes(names, there);
  if (others.length === 0 || there.some((topic) => topic.startsWith(names.topicsBegin))) return [];
  const told = others.slice(0, MOST_TOLD).map((prefix) => JSON.stringify(prefix));
  const more = others.length > MOST_TOLD ? ` and ${others.length - MOST_TOLD} more` : '';
  return [
    `this cluster has topics of Wayward under kafka.prefix ${told.join(', ')}${more}, and with ${JSON.stringify(names.prefix)} all begins anew: what was learned, how far logs were read, open alerts, and the record of response stay there`,
  ];
}

export async function missingTopics(admin: Admin, names: readonly string[]): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  return names.filter((name) => !there.has(name));
}

/** Compares each planned topic with what is there. Changes nothing. */
export async function compareTopics(admin: Admin, plans: readonly TopicPlan[]): Promise<TopicState[]> {
  const missing = new Set(
    await missingTopics(
      admin,
      plans.map(({ topic }) => topic),
    ),
  );
  const states: TopicState[] = [];
  for (const plan of plans) {
    const exists = !missing.has(plan.topic);
    states.push({ plan, exists, differences: exists ? await differencesOf(admin, plan) : [] });
  }
  return states;
}

/**
 * Makes the topic; false if somebody else just did.
 * @throws ServerUnavailableError with the reason if Kafka refuses
 */
export async function makeTopic(admin: Admin, { topic, partitions, replicas, config }: TopicPlan): Promise<boolean> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const wanted = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries };
  try {
    // Told to wait, kafkajs fails where a broker has not heard of the new topic yet.
    const made = await admin.createTopics({ topics: [wanted], waitForLeaders: false });
    await known(admin, topic);
    return made;
  } catch (error) {
    const [reason] = error instanceof KafkaJSAggregateError ? error.errors : [error];
    throw new ServerUnavailableError(`Kafka did not make ${topic}; docs/kafka.md has the rights that this user needs`, {
      cause: reason,
    });
  }
}

const KNOWN_WITHIN_MS = 10_000;

/** Waits until a topic that was just made has come around; what is asked of it before would fail. */
async function known(admin: Admin, topic: string): Promise<void> {
  const deadline = Date.now() + KNOWN_WITHIN_MS;
  while ((await missingTopics(admin, [topic])).length > 0) {
    if (Date.now() > deadline) throw new Error(`its brokers did not know of it after ${KNOWN_WITHIN_MS / 1000} s`);
    await sleep(50);
  }
}

/** Runs `work` with a connection for administration of its own; anew as long as brokers are away. */
export const withAdmin = <T>(kafka: Pick<Kafka, 'admin'>, work: (admin: Admin) => Promise<T>): Promise<T> =>
  untilAnswered(async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  });

async function differencesOf(admin: Admin, { topic, partitions, replicas, config }: TopicPlan): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const actual = topics[0]?.partitions ?? [];
  const { resources } = await admin.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: Object.keys(config) }],
    includeSynonyms: false,
  });
  const entries = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  const compared: [name: string, is: string, planned: string][] = [
    ['partitions', String(actual.length), String(partitions)],
    ['replicas', String(Math.min(...actual.map((each) => each.replicas.length))), String(replicas)],
    ...Object.entries(config).map(([name, value]): [string, string, string] => [name, entries.get(name) ?? '', value]),
  ];
  return compared
    .filter(([, is, planned]) => is !== planned)
    .map(([name, is, planned]) => `${name}=${is}, planned ${planned}`);
}
