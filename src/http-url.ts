import { z } from 'zod';

/**
 * An address of http or https. One with a user or password would be a secret in the configuration, and no client here
 * takes it; `instead` says what to write.
 */
export const httpUrl = (instead = 'leave them out') =>
  z
    .url({ protocol: /^https?$/ })
    .refine((url) => !HOLDS_USER.test(url), `must not hold a user or password; ${instead}`);

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether what is sent there stays on this machine. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(URL.parse(url)?.hostname ?? '');

/** What is wrong with an address to which alerts and orders to revoke are sent: whoever is on the way could read them, or hold them back. */
export const problemOfWebhook = (url: string, allowHttp: boolean): string | undefined =>
  allowHttp || url.startsWith('https:') || isLoopback(url)
    ? undefined
    : 'must be https, since others on the way could read or hold back what is sent; write allow_http: true beside it where they may';

const HOLDS_USER = /^[^/]*\/\/[^/?#]*@/;
