import type { Credential } from './credential.ts';

/** What Wayward itself can have done to a credential. */
export const DEEDS = ['rotated', 'revoked', 'restored'] as const;

/**
 * What Wayward itself did to a credential, and when (milliseconds since the epoch, by the clock here): response knows it, the registry's file
 * does not. `rotated`: its secret was proven to be a new one. `revoked`: it was proven to lock out whoever holds it. `restored`: it was about to
 * be given back.
 */
export interface Deed {
  readonly credential: string;
  readonly did: (typeof DEEDS)[number];
  readonly at: number;
}

const FIELDS = { rotated: 'rotatedAt', revoked: 'revokedAt', restored: 'restoredAt' } as const;

/** Of each kind the latest counts, so that the order in which they are told does not. False where that was known already. */
export function note({ did, at }: Deed, credential: Credential): boolean {
  const noted: { -readonly [Field in keyof Credential]: Credential[Field] } = credential;
  const field = FIELDS[did];
  if ((noted[field] ?? Number.NEGATIVE_INFINITY) >= at) return false;
  noted[field] = at;
  return true;
}

/** As it stands in the registry's file. */
export function forgetDeeds(credential: Credential): void {
  const noted: { -readonly [Field in keyof Credential]: Credential[Field] } = credential;
  for (const field of Object.values(FIELDS)) delete noted[field];
}
