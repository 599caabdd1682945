import type { Kafka } from '../../kafka/client.ts';
import type { KafkaSettings } from '../../kafka/settings.ts';
import { beginsAnew, compareTopics, makeTopic, missingTopics, type TopicState, withAdmin } from '../../kafka/topics.ts';
import { ownTopics } from './own-topics.ts';

interface TopicOutcome extends TopicState {
  readonly made: boolean;
}

interface TopicsOutcome {
  readonly own: readonly TopicOutcome[];
  /** What a person must know before. */
  readonly warnings: readonly string[];
  /** Raw topics that are configured but not there: making them is their owner's business. */
  readonly missingRaw: readonly string[];
}

/** Makes those of Wayward's topics that are not there, unless `dryRun`. What is there is compared and never changed. */
export function setUpTopics(kafka: Kafka, settings: KafkaSettings, dryRun: boolean): Promise<TopicsOutcome> {
  return withAdmin(kafka, async (admin) => {
    const { brokers } = await admin.describeCluster();
    const warnings = beginsAnew(kafka.names, await admin.listTopics());
    const own: TopicOutcome[] = [];
    for (const state of await compareTopics(admin, ownTopics(kafka.names.topics, settings.partitions, brokers.length)))
      own.push({ ...state, made: !state.exists && !dryRun && (await makeTopic(admin, state.plan)) });
    const raw = settings.topics.map(({ topic }) => topic);
    return { own, warnings, missingRaw: await missingTopics(admin, raw) };
  });
}
