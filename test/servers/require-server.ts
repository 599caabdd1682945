import { afterAll, beforeAll, beforeEach, describe } from 'vitest';

/** Thrown by a server's `start…` function when something it needs is not installed here; says what and how to get it. */
export class MissingServer extends Error {}

/** Each server has a limit of its own for its start; a first one may have to be built (Vault: minutes). */
const START_TIMEOUT_MS = 25 * 60_000;

/**
 * A suite that needs a real server: started once, stopped at the end.
 * Where it is not installed the tests are skipped and say what is missing; with `CI=true` that is a failure.
 */
export function describeWith<Server extends { stop(): Promise<void> }>(
  title: string,
  start: () => Promise<Server>,
  tests: (server: () => Server) => void,
): void {
  describe(title, () => {
    let server: Server | undefined;
    let missing = '';

    beforeAll(async () => {
      try {
        server = await start();
      } catch (error) {
        if (!(error instanceof MissingServer) || process.env.CI === 'true') throw error;
        missing = error.message;
      }
    }, START_TIMEOUT_MS);
    beforeEach((context) => context.skip(server === undefined, missing));
    afterAll(async () => server?.stop());

    tests(() => {
      if (server === undefined) throw new MissingServer(missing);
      return server;
    });
  });
}
