/** A version of an interface in a path: `/v2/`. */
const VERSION = /\/v([1-9]\d?)\//;
/** So many versions back are the same interface. */
const BACK = 3;

/** The same action under the versions before, the nearest first: who moves from `/v1/orders` to `/v2/orders` does nothing new. */
export const inEarlierVersions = (action: string): readonly string[] => {
  const version = Number(VERSION.exec(action)?.[1] ?? 0);
  return Array.from({ length: Math.max(0, Math.min(BACK, version - 1)) }, (_, back) =>
    action.replace(VERSION, `/v${version - 1 - back}/`),
  );
};
