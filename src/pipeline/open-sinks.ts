import { hash } from 'node:crypto';
import type { Log } from '../kafka/log.ts';
import type { Condition, Telemetry } from '../ops/telemetry.ts';
import type { ConfiguredSink } from '../sinks/registry.ts';
import type { RejectedDocument, Sink } from '../sinks/sink.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';

export interface OpenSinkOptions {
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Where documents are until the sink takes them: `on Kafka`. */
  readonly wait: string;
  /** Keeps what the sink will never take. */
  readonly keep: (letter: DeadLetter) => Promise<void> | void;
}

/** A sink in use. */
export interface OpenSink {
  readonly id: string;
  readonly title: string;
  readonly sink: Sink;
}

/**
 * Opens a sink that says how it is, to the log and to whoever asks.
 * @throws ServerUnavailableError when a person has to do something first
 */
export async function openSink(configured: ConfiguredSink, options: OpenSinkOptions): Promise<OpenSink> {
  const { id, title } = configured;
  const { telemetry, log, wait, keep } = options;
  const sink = await configured.open({
    rejected: (document) => {
      log.warn({ target: document.target, id: document.id, type: document.type }, `${title} rejected a document`);
      return keep(letterOf(document, rejectedBy(id)));
    },
    stateChanged: (state) => {
      if (state.state === 'ok') log.info({}, `${title} takes documents again`);
      else if (state.state === 'retrying')
        log.warn({ reason: state.reason }, `${title} takes no documents; they wait ${wait}`);
      else log.error({ reason: state.reason }, `${title} refuses documents until somebody mends it; they wait ${wait}`);
    },
  });
  const labels = { sink: id };
  telemetry.read('heldBack', () => [{ value: sink.counts.heldBack, labels }]);
  telemetry.read('retrying', () => [{ value: sink.state.state === 'ok' ? 0 : 1, labels }]);
  telemetry.read('deadLetters', () => [{ value: sink.counts.rejected, labels: { reason: rejectedBy(id) } }]);
  return { id, title, sink };
}

/** How deliveries are: the worst of them. */
export function deliveryCondition(sinks: readonly OpenSink[]): Condition {
  const troubles = sinks.flatMap(({ title, sink: { state } }) => {
    if (state.state === 'ok') return [];
    const what = state.state === 'refused' ? 'waits for somebody' : 'is tried again';
    return [`${title} ${what} since ${new Date(state.since).toISOString()}: ${state.reason}`];
  });
  return troubles.length === 0 ? { state: 'ok' } : { state: 'degraded', reason: troubles.join('; ') };
}

const rejectedBy = (id: string): string => `${id}-rejected`;

/** What is kept of a document that can't be delivered: it holds no record. */
const letterOf = ({ target, id, type, reason }: RejectedDocument, why: string): DeadLetter => ({
  source: target,
  position: 0,
  length: 0,
  hash: hash('sha256', id, 'hex'),
  reason: why,
  detail: `${type}: ${reason}`.slice(0, 512),
  excerpt: id,
});
