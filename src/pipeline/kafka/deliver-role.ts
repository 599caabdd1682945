import { hash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PartitionGroup } from '../../kafka/partition-group.ts';
import { PlainWriter } from '../../kafka/plain-writer.ts';
import type { Condition, Telemetry } from '../../ops/telemetry.ts';
import { Delivery } from '../../sinks/elasticsearch/delivery.ts';
import type { ElasticsearchSettings } from '../../sinks/elasticsearch/settings.ts';
import type { RejectedDocument } from '../../sinks/elasticsearch/writer.ts';
import { DELIVER_GROUP, DeliverWorker } from './deliver.ts';
import type { ForeignMessages } from './foreign.ts';
import type { Role } from './role.ts';
import { ALERTS, DEAD_LETTERS, DOCUMENTS } from './topics.ts';

export interface DeliverRoleOptions {
  readonly kafka: Kafka;
  readonly client: Client;
  readonly settings: ElasticsearchSettings;
  readonly telemetry: Telemetry;
  readonly foreign: ForeignMessages;
  readonly log: Log;
}

/** Alerts and documents to Elasticsearch, as far as they are this process's to deliver. */
export async function startDeliver(options: DeliverRoleOptions): Promise<Role> {
  const { kafka, client, settings, telemetry, foreign, log } = options;
  const letters = await PlainWriter.open(kafka);
  const delivery = new Delivery({
    client,
    settings,
    rejected: async (document) => {
      log.warn({ target: document.target, id: document.id, type: document.type }, 'Elasticsearch rejected a document');
      await letters.send(DEAD_LETTERS, [rejectedMessage(document)]);
    },
    stateChanged: (state) => {
      if (state.state === 'ok') log.info({}, 'Elasticsearch takes documents again');
      else if (state.state === 'retrying')
        log.warn({ reason: state.reason }, 'Elasticsearch takes no documents; they wait on Kafka');
      else
        log.error(
          { reason: state.reason },
          'Elasticsearch refuses documents until somebody mends it; they wait on Kafka',
        );
    },
  });
  telemetry.read('heldBack', () => delivery.counts.heldBack);
  telemetry.read('retrying', () => (delivery.state.state === 'ok' ? 0 : 1));
  const took = (seconds: number): void => telemetry.observe('delivery', seconds);
  const group = new PartitionGroup(kafka, {
    groupId: DELIVER_GROUP,
    topics: [ALERTS, DOCUMENTS],
    worker: (topic, partition) => new DeliverWorker(kafka, delivery, topic, partition, took, foreign),
    log,
  });
  await group.start();
  return {
    get slots() {
      return group.slots;
    },
    get ready() {
      return group.ready;
    },
    condition: () => conditionOf(delivery),
    async stop() {
      const stopped = group.stop();
      delivery.stop();
      await stopped;
      await letters.close();
      await client.close();
    },
  };
}

function conditionOf({ state }: Delivery): Condition {
  if (state.state === 'ok') return state;
  const since = new Date(state.since).toISOString();
  const what = state.state === 'refused' ? 'waits for somebody' : 'is tried again';
  return { state: 'degraded', reason: `Elasticsearch ${what} since ${since}: ${state.reason}` };
}

/** What is kept of a document that can't be indexed: it holds no record, and stands on Kafka for as long as that keeps it. */
function rejectedMessage({ target, id, type, reason }: RejectedDocument) {
  const letter = {
    source: target,
    position: 0,
    length: 0,
    hash: hash('sha256', id, 'hex'),
    reason: 'elasticsearch-rejected',
    detail: `${type}: ${reason}`.slice(0, 512),
    excerpt: id,
  };
  return {
    partition: 0,
    key: target,
    value: JSON.stringify(letter),
    headers: { reason: letter.reason, topic: target },
  };
}
