import type { ObservedFinding } from '../detectors/observed-finding.ts';
import type { Log } from '../kafka/log.ts';

/** A line for what a detector of the stage `observe` found: the record of it where there is no Elasticsearch. */
export const logObserved = (log: Pick<Log, 'info'>, { principal, finding }: ObservedFinding): void => {
  const { detector, severity, reason, time, evidence } = finding;
  const at = new Date(time).toISOString();
  log.info({ observed: detector, severity, principal, at, evidence }, reason);
};
