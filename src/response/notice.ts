import type { CloudEvent } from '../webhook.ts';
import { lookAt, waitingApprovals } from './approval.ts';
import { linkTo } from './approval-link.ts';
import type { AuditHead } from './audit.ts';
import { isPage, pageData } from './breaker-page.ts';
import type { ResponseContext } from './context.ts';
import type { OutboxStep } from './outbox.ts';

/** Links in one notification: a message that a person can still read. */
const MOST_LINKS = 10;

/**
 * A notification as it goes out, made anew for each attempt: with a link to each plan that waits for a person by now, of its alert or, in a
 * page, of all. It carries the record's head, so that the receiver keeps a copy of that.
 */
export function noticeOf(step: OutboxStep, context: ResponseContext, audit: AuditHead | undefined): CloudEvent {
  const event: CloudEvent = JSON.parse(step.detail);
  const about = isPage(step) ? pageData(event.data, context) : (event.data as object);
  const data = { ...about, ...(audit && { audit }) };
  const settings = context.config.approvals;
  if (settings === undefined) return { ...event, data };
  const waiting = waitingApprovals(context, MOST_LINKS, isPage(step) ? undefined : step.cause);
  if (waiting.length === 0) return { ...event, data };
  const approvals = waiting.map((approval) => ({
    alert: approval.alert,
    agent: lookAt(approval, context).steps[0]?.agent,
    ends_at: new Date(approval.expiresAt).toISOString(),
    url: linkTo(approval, settings),
  }));
  return { ...event, data: { ...data, approvals } };
}
