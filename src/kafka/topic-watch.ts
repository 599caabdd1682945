import type { Kafka } from 'kafkajs';
import type { Log } from './log.ts';
import { missingTopics } from './topics.ts';
import { wait } from './wait.ts';

const LOOK_EVERY = 5_000;

/**
 * Until some of these topics are gone, which it gives, or the signal. Gone is what two looks in a row don't find: one broker
 * alone may not have heard of a topic yet. Brokers that are away say nothing about topics.
 */
export async function topicsGone(
  kafka: Kafka,
  names: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<string[]> {
  let suspects: readonly string[] = [];
  for (;;) {
    await wait(LOOK_EVERY, signal);
    if (signal.aborted) return [];
    const missing = await look(kafka, names, log);
    const gone = missing.filter((name) => suspects.includes(name));
    if (gone.length > 0) return gone;
    suspects = missing;
  }
}

async function look(kafka: Kafka, names: readonly string[], log: Log): Promise<string[]> {
  // Other clients try without end; this one must not keep a process that is told to stop.
  const admin = kafka.admin({ retry: { retries: 3, maxRetryTime: 1_000 } });
  try {
    await admin.connect();
    return await missingTopics(admin, names);
  } catch (error) {
    log.warn({ err: error }, 'which topics there are could not be asked for');
    return [];
  } finally {
    await admin.disconnect();
  }
}
