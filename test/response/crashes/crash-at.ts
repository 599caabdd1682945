/**
 * Loaded before a real `wayward` (`node --import`): kills it at one instruction between alert and record, the one that
 * `WAYWARD_TEST_CRASH_AT` names. Nothing of this is in Wayward itself.
 */
import { flushCompileCache } from 'node:module';
import { AuditTrail } from '../../../src/response/audit.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import type { KillPoint } from './points.ts';

const point = process.env.WAYWARD_TEST_CRASH_AT as KillPoint;
const { add, claim, calling, called } = Outbox.prototype;
const { append, publishHead } = AuditTrail.prototype;

function killAt(here: KillPoint): void {
  if (here !== point) return;
  flushCompileCache(); // for the next one, which starts in half the time
  process.kill(process.pid, 'SIGKILL');
}

Outbox.prototype.add = function (...args) {
  const added = add.apply(this, args);
  killAt('before the plan is saved');
  return added;
};
Outbox.prototype.claim = function (...args) {
  killAt('planned');
  return claim.apply(this, args);
};
Outbox.prototype.calling = function (...args) {
  calling.apply(this, args);
  killAt('before the call');
};
Outbox.prototype.called = function (...args) {
  killAt('after the call, before its note');
  called.apply(this, args);
  killAt('before the read-back');
};

let recorded = false;
AuditTrail.prototype.append = function (event, now) {
  if (event.type === 'verified') killAt('before the record');
  append.call(this, event, now);
  recorded ||= event.type === 'verified';
};
AuditTrail.prototype.publishHead = function () {
  if (recorded) killAt('before the head is written out');
  publishHead.call(this);
};
