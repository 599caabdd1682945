import { hash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Log } from '../kafka/log.ts';
import type { Condition, Telemetry } from '../ops/telemetry.ts';
import { Delivery } from '../sinks/elasticsearch/delivery.ts';
import type { ElasticsearchSettings } from '../sinks/elasticsearch/settings.ts';
import type { RejectedDocument } from '../sinks/elasticsearch/writer.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';

export interface DeliverySetup {
  readonly client: Client;
  readonly settings: ElasticsearchSettings;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Where documents are until Elasticsearch takes them: `on Kafka`. */
  readonly wait: string;
  /** Keeps what Elasticsearch will never take. */
  readonly keep: (letter: DeadLetter) => Promise<void> | void;
}

/** A delivery that tells how it is, to the log and to whoever asks. */
export function createDelivery({ client, settings, telemetry, log, wait, keep }: DeliverySetup): Delivery {
  const delivery = new Delivery({
    client,
    settings,
    rejected: (document) => {
      log.warn({ target: document.target, id: document.id, type: document.type }, 'Elasticsearch rejected a document');
      return keep(letterOf(document));
    },
    stateChanged: (state) => {
      if (state.state === 'ok') log.info({}, 'Elasticsearch takes documents again');
      else if (state.state === 'retrying')
        log.warn({ reason: state.reason }, `Elasticsearch takes no documents; they wait ${wait}`);
      else
        log.error(
          { reason: state.reason },
          `Elasticsearch refuses documents until somebody mends it; they wait ${wait}`,
        );
    },
  });
  telemetry.read('heldBack', () => delivery.counts.heldBack);
  telemetry.read('retrying', () => (delivery.state.state === 'ok' ? 0 : 1));
  telemetry.read('deadLetters', () => [
    { value: delivery.counts.rejected, labels: { reason: 'elasticsearch-rejected' } },
  ]);
  return delivery;
}

export function deliveryCondition({ state }: Delivery): Condition {
  if (state.state === 'ok') return state;
  const since = new Date(state.since).toISOString();
  const what = state.state === 'refused' ? 'waits for somebody' : 'is tried again';
  return { state: 'degraded', reason: `Elasticsearch ${what} since ${since}: ${state.reason}` };
}

/** What is kept of a document that can't be indexed: it holds no record. */
const letterOf = ({ target, id, type, reason }: RejectedDocument): DeadLetter => ({
  source: target,
  position: 0,
  length: 0,
  hash: hash('sha256', id, 'hex'),
  reason: 'elasticsearch-rejected',
  detail: `${type}: ${reason}`.slice(0, 512),
  excerpt: id,
});
