import type { CredentialUse } from '../event.ts';

/**
 * Whether a use was carried out or refused: what a rule can judge. One that failed for another reason (a typo, 404, no such
 * table, no free connection) did nothing, and only counts towards bursts.
 */
export const isDeed = ({ result }: CredentialUse): boolean => result === 'success' || result === 'denied';

/** For a sentence about an action. */
export const deedVerb = ({ result }: CredentialUse): 'did' | 'tried' => (result === 'success' ? 'did' : 'tried');
