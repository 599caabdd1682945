import type { Credential } from './credential.ts';

const DAY = 86_400_000;

/** How a registry entry stands at some time; what it does not declare is undefined. Times are milliseconds since the epoch. */
export interface Hygiene {
  readonly ageDays: number | undefined;
  readonly rotationDueAt: number | undefined;
  readonly rotationOverdue: boolean;
  readonly expired: boolean;
}

export const hygieneOf = ({ issuedAt, expiresAt, rotateEvery }: Credential, at: number): Hygiene => {
  const due = issuedAt === undefined || rotateEvery === undefined ? undefined : issuedAt + rotateEvery;
  return {
    ageDays: issuedAt === undefined ? undefined : Math.floor((at - issuedAt) / DAY),
    rotationDueAt: due,
    rotationOverdue: due !== undefined && at >= due,
    expired: expiresAt !== undefined && at >= expiresAt,
  };
};
