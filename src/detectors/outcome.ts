import type { CredentialUse } from '../event.ts';

/**
 * Whether the server allowed or denied the use: only that can a rule judge. One that failed for another reason (a typo, 404, no such
 * table, no free connection) had no effect, and only counts towards bursts.
 */
export const isAllowedOrDenied = ({ result }: CredentialUse): boolean => result === 'success' || result === 'denied';

/** The verb of a sentence about an action. */
export const didOrTried = ({ result }: CredentialUse): 'did' | 'tried' => (result === 'success' ? 'did' : 'tried');
