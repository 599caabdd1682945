import type { Credential } from '../attribution/credential.ts';
import { hygieneOf } from '../attribution/hygiene.ts';
import type { ResponseContext } from '../response/context.ts';
import { standingRevocations } from '../response/restore.ts';
import { ROTATORS } from './registry.ts';
import type { Rotator } from './rotator.ts';

/** What would be done about one credential. */
export interface RotationPlan {
  readonly credential: Credential;
  /** In words. */
  readonly describe: string;
  /** When it is due, milliseconds since the epoch; undefined where nothing says so. */
  readonly dueAt: number | undefined;
  /** Why Wayward can't rotate it, and what to do about it; undefined where it can. */
  readonly blocked: string | undefined;
  /** Why it does so only by hand; undefined where it may by itself. */
  readonly handOnly: string | undefined;
}

export const rotatorOf = ({ rotate }: Credential): Rotator | undefined =>
  ROTATORS.find(({ id }) => id === rotate?.with);

export function planRotation(credential: Credential, response: ResponseContext): RotationPlan {
  const rotator = rotatorOf(credential);
  return {
    credential,
    describe: rotator === undefined ? 'nothing' : rotator.describe(credential.rotate),
    dueAt: hygieneOf(credential, response.now()).rotationDueAt,
    blocked: whyNot(credential, rotator, response),
    handOnly: credential.protected ? 'is protected: a person rotates it (wayward rotate --execute)' : undefined,
  };
}

function whyNot(credential: Credential, rotator: Rotator | undefined, response: ResponseContext): string | undefined {
  if (rotator === undefined)
    return 'cannot be rotated by Wayward: add rotate: to its entry in the registry, or rotate it by hand';
  const unfit = rotator.whyUnfit?.(credential);
  if (unfit !== undefined) return `cannot be rotated by Wayward: ${unfit}`;
  const missing = rotator.accounts(credential.rotate).find((account) => response.plan.settings[account] === undefined);
  if (missing !== undefined) return `needs settings: add revokers.${missing} to the configuration`;
  return isRevoked(credential.id, response)
    ? 'was revoked by Wayward: restore it first (wayward restore), or issue a new one'
    : undefined;
}

/** Revoked, or about to be, and not restored since. What was rotated in response is in use. */
const isRevoked = (id: string, { outbox }: ResponseContext): boolean =>
  standingRevocations(id, outbox).some(
    ({ state, kind }) => state !== 'failed' && state !== 'expired' && kind !== 'rotate',
  );
