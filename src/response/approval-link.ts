import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Approval } from './approval.ts';
import type { ApprovalSettings } from './config.ts';

/** Where the server of the links has them. */
export const APPROVE = '/approve/';

/** Alert, end of waiting, digest of what would be done, signature; each in the one way in which we write it. */
const LINK = /^([\w-]{1,64})\/([1-9]\d{0,14})\/([\w-]{43})\/([\w-]{43})$/;

/**
 * A link by which whoever has it may decide: it is made when it is sent, and is kept nowhere. HMAC-SHA-256 over alert, what would be done,
 * and until when.
 */
export function linkTo(approval: Approval, { url, key }: ApprovalSettings): string {
  const { alert, expiresAt, digest } = approval;
  const signature = sign(approval, key.reveal()).toString('base64url');
  return `${url.replace(/\/+$/, '')}${APPROVE}${alert}/${expiresAt}/${digest}/${signature}`;
}

/** What a link is about, from its path behind `/approve/`; undefined where it is not ours. */
export function approvalIn(path: string, { key }: ApprovalSettings): Approval | undefined {
  const [, alert, expiresAt, digest, signature] = LINK.exec(path) ?? [];
  if (alert === undefined || expiresAt === undefined || digest === undefined || signature === undefined)
    return undefined;
  const approval = { alert, expiresAt: Number(expiresAt), digest };
  // Text is compared, not its bytes, since several texts may stand for the same bytes.
  const right = Buffer.from(sign(approval, key.reveal()).toString('base64url'));
  return timingSafeEqual(right, Buffer.from(signature)) ? approval : undefined;
}

const sign = ({ alert, expiresAt, digest }: Approval, key: string): Buffer =>
  createHmac('sha256', key).update(['wayward approval 1', alert, expiresAt, digest].join('\n')).digest();
