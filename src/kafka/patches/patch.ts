import { hideAborted } from './aborted-transactions.ts';
import { refuseWhileClosing } from './closing-connection.ts';
import { stopIdleTimer } from './idle-timer.ts';
import { sayThatNobodyAnswers } from './no-metadata.ts';
import { forgetUnfinishedAnswers } from './unfinished-answer.ts';
import { requirePatchedVersion } from './version.ts';

let isPatched = false;

/**
 * Mends faults of kafkajs for the whole process; README.md beside this file lists them.
 * @throws UsageError where another version of kafkajs is installed
 */
export function patchKafkajs(): void {
  requirePatchedVersion();
  if (isPatched) return;
  isPatched = true;
  hideAborted();
  stopIdleTimer();
  forgetUnfinishedAnswers();
  refuseWhileClosing();
  sayThatNobodyAnswers();
}
