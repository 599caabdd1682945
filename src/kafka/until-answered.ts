import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_EVERY = 500;

/** What kafkajs throws while a broker restarts. */
const AWAY = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
]);

/** Calls again as long as brokers are away: kafkajs gives up some calls at once, however patient it is told to be. */
export async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!saysAway(error)) throw error;
      await sleep(RETRY_EVERY);
    }
  }
}

/** Whether it says only that brokers are away for now, or just back; not that something must be mended. */
export function saysAway(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (AWAY.has(at.name) || isPassing(at)) return true;
  return false;
}

/** A broker's answer that it is not yet ready to answer. That a topic is unknown passes only if somebody makes it. */
const isPassing = (error: Error): boolean =>
  error.name === 'KafkaJSProtocolError' &&
  'retriable' in error &&
  error.retriable === true &&
  'type' in error &&
  error.type !== 'UNKNOWN_TOPIC_OR_PARTITION';
