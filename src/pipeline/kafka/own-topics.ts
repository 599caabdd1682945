import type { OwnTopics } from '../../kafka/names.ts';
import type { TopicPlan } from '../../kafka/topics.ts';

const MEBIBYTE = 1024 * 1024;
const DAY = 86_400_000;

const forDays = (days: number) => ({ 'cleanup.policy': 'delete', 'retention.ms': String(days * DAY) });
const FOR_EVER = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };

/** Only the newest record of each key is kept. Small segments: only those that are full are compacted, and a restore reads the rest too. */
const compacted = (segmentMebibytes: number) => ({
  'cleanup.policy': 'compact',
  'segment.bytes': String(segmentMebibytes * MEBIBYTE),
  'min.cleanable.dirty.ratio': '0.1',
  'delete.retention.ms': String(DAY),
});

/** Wayward's own topics as `setup kafka` makes them, on a cluster of so many brokers; `partitions` are those of events. */
export function ownTopics(names: OwnTopics, partitions: number, brokers: number): TopicPlan[] {
  const replicas = Math.min(3, brokers);
  const common = {
    'max.message.bytes': String(16 * MEBIBYTE),
    'min.insync.replicas': replicas === 3 ? '2' : '1',
  };
  const topic = (topic: string, partitions: number, config: Readonly<Record<string, string>>): TopicPlan => ({
    topic,
    partitions,
    replicas,
    config: { ...config, ...common },
  });
  return [
    topic(names.events, partitions, forDays(7)),
    topic(names.ingest, 1, compacted(16)),
    // One for each partition of events: what detection has learned from it.
    topic(names.state, partitions, compacted(64)),
    topic(names.alerts, 1, forDays(30)),
    topic(names.documents, 1, forDays(7)),
    topic(names.deadLetters, 1, forDays(30)),
    topic(names.control, 1, forDays(30)),
    topic(names.response, 1, FOR_EVER),
  ];
}
