import type { Credential } from './credential.ts';

const DAY = 86_400_000;

/** How a registry entry stands at some time; what it does not declare is undefined. Times are milliseconds since the epoch. */
export interface Hygiene {
  readonly ageDays: number | undefined;
  readonly rotationDueAt: number | undefined;
  readonly rotationOverdue: boolean;
  readonly expired: boolean;
}

export const hygieneOf = (credential: Credential, at: number): Hygiene => {
  const { expiresAt, rotateEvery } = credential;
  const since = secretSince(credential, at);
  const due = since === undefined || rotateEvery === undefined ? undefined : since + rotateEvery;
  return {
    ageDays: since === undefined ? undefined : Math.floor((at - since) / DAY),
    rotationDueAt: due,
    rotationOverdue: due !== undefined && at >= due,
    expired: expiresAt !== undefined && at >= expiresAt,
  };
};

/** Since when its secret is the one that it has at some time: issued, or rotated since. */
export const secretSince = ({ issuedAt, rotatedAt }: Credential, at: number): number | undefined =>
  rotatedAt !== undefined && rotatedAt <= at && rotatedAt > (issuedAt ?? 0) ? rotatedAt : issuedAt;

/**
 * Since when nobody should get in with it at some time, as Wayward has proven; undefined where nothing says so. Not where it was restored,
 * rotated or issued anew since. `slack`, milliseconds: how far clocks may be apart, and how long what was under way may take.
 */
export function revokedSince(credential: Credential, at: number, slack: number): number | undefined {
  const { revokedAt, restoredAt, rotatedAt, issuedAt } = credential;
  if (revokedAt === undefined || at <= revokedAt + slack) return undefined;
  const isBack = [restoredAt, rotatedAt, issuedAt].some(
    (back) => back !== undefined && back >= revokedAt && at >= back - slack,
  );
  return isBack ? undefined : revokedAt;
}
