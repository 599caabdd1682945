import { POOL_VARIABLE } from './borrow.ts';
import { isKind, KINDS } from './kinds.ts';
import { ServerPool } from './pool.ts';
import { lendOverHttp } from './service.ts';

/** vitest calls it around a run of tests with servers. */
export async function setup(): Promise<() => Promise<void>> {
  const pool = new ServerPool(KINDS, (message) => console.warn(message));
  const service = await lendOverHttp(pool, isKind);
  process.env[POOL_VARIABLE] = service.url;
  return async () => {
    await service.stop();
    await pool.stop();
    const figures = Object.entries(pool.figures).map(([kind, { started, lent }]) => `${started} ${kind} for ${lent}`);
    if (figures.length > 0) console.log(`Servers started for suites: ${figures.sort().join(', ')}`);
  };
}
