import { z } from 'zod';

/**
 * An address of http or https. One with a user or password would be a secret in the configuration, and no client here
 * takes it; `instead` says what to write.
 */
export const httpUrl = (instead = 'leave them out') =>
  z
    .url({ protocol: /^https?$/ })
    .refine((url) => !HOLDS_USER.test(url), `must not hold a user or password; ${instead}`);

const HOLDS_USER = /^[^/]*\/\/[^/?#]*@/;
