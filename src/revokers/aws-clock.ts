import type { IAM } from '@aws-sdk/client-iam';

/** Milliseconds since the epoch by the clock here, read by AWS's: right or early, by less than `EARLY_MS`. */
export type AwsClock = (local: number) => number;

/** `Date` is cut to the second, and was written before it got here. */
export const EARLY_MS = 2_000;

/**
 * AWS's clock, by the `Date` of its last answer to this client: what AWS compares with must not be read from a clock here
 * that may be wrong. Ask it after a call; an answer without a `Date` leaves the clock here.
 */
export function clockOf(iam: IAM): AwsClock {
  let ahead = 0;
  iam.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = Date.parse(headerOf(result.response, 'date'));
      if (!Number.isNaN(date)) ahead = date - Date.now();
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'waywardAwsClock' },
  );
  return (local) => local + ahead;
}

function headerOf(response: unknown, name: string): string {
  const { headers } = response as { headers?: Readonly<Record<string, string>> };
  return headers?.[name] ?? '';
}
