import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { createKafka, requireKafka } from '../kafka/client.ts';
import { openTopicHistory } from '../kafka/topic-history.ts';
import { requireTopics } from '../kafka/topics.ts';
import type { Source } from '../sources/source.ts';
import type { CommandIo } from './io.ts';
import { secretContext } from './options.ts';

/** kafkajs tells of every attempt; a command says itself what came of it. */
const QUIET = { info() {}, warn() {}, error() {} };

interface RawTopic {
  /** Its entry in wayward.yaml. */
  readonly settings: NonNullable<WaywardConfig['kafka']>['topics'][number];
  readonly sources: readonly Source[];
}

/** What `--kafka` reads: the raw topics of wayward.yaml. @throws UsageError, ServerUnavailableError */
export async function openKafkaHistory(config: WaywardConfig, io: CommandIo): Promise<RawTopic[]> {
  const { kafka: settings } = config;
  if (settings === undefined || settings.topics.length === 0)
    throw new UsageError(
      '--kafka: no topics are known; write kafka: { brokers: […], topics: [{ topic: gateway-logs, format: nginx-json }] } into wayward.yaml',
    );
  await config.resolveSecrets(['kafka'], secretContext(io));
  await requireKafka(settings);
  const kafka = createKafka(settings, QUIET);
  await requireTopics(
    kafka,
    settings.topics.map(({ topic }) => topic),
  );
  const opened: RawTopic[] = [];
  for (const one of settings.topics)
    opened.push({ settings: one, sources: await openTopicHistory(kafka, one.topic, io.signal) });
  return opened;
}
