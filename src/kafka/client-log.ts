import { type LogEntry, type logCreator, logLevel } from 'kafkajs';
import { shownBroker } from './broker-address.ts';
import type { Log } from './log.ts';

/** What kafkajs tries again within milliseconds, as transactions need it, and what is thrown as an error as well. */
const NOISE = /Topic creation errors|another concurrent operation on the same transaction|CONCURRENT_TRANSACTIONS/;
/** While a broker is away each connection says so again and again; one line of each kind in this time is enough. */
const SAME_LINE_EVERY = 30_000;
const MAX_REMEMBERED = 100;

/** kafkajs's own log as lines of ours. Only fields known to be harmless go along: never requests, records or settings. */
export function clientLog(log: Log): logCreator {
  const saidAt = new Map<string, number>();
  return () =>
    ({ namespace, level, log: entry }: LogEntry) => {
      const { message, error, groupId } = entry;
      const broker = typeof entry['broker'] === 'string' ? shownBroker(entry['broker']) : undefined;
      if (NOISE.test(`${message} ${error}`)) return;
      const line = `${namespace} ${message} ${broker} ${error}`;
      const now = Date.now();
      if (now - (saidAt.get(line) ?? 0) < SAME_LINE_EVERY) return;
      if (saidAt.size >= MAX_REMEMBERED) saidAt.clear();
      saidAt.set(line, now);
      const fields = { part: namespace, broker, error, group: groupId };
      // Even kafkajs's errors are tried again: whether one matters is for the caller to say.
      if (level === logLevel.INFO) log.info(fields, `kafka: ${message}`);
      else log.warn(fields, `kafka: ${message}`);
    };
}
