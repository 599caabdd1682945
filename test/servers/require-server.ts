import { afterAll, aroundAll, describe, type RunnerTestSuite, TestRunner } from 'vitest';

/** Thrown by a server's `start…` function when something it needs is not installed here; says what and how to get it. */
export class MissingServer extends Error {}

/** Each server has a limit of its own for its start; in CI a first one may have to be built (Vault: minutes). */
const START_TIMEOUT_MS = 25 * 60_000;

/**
 * A suite that needs a real server: started once, stopped at the end.
 * Where it is not installed the tests are skipped with the reason, and no hook of the suite runs; with `CI=true` that is a failure.
 */
export function describeWith<Server extends { stop(): Promise<void> }>(
  title: string,
  start: () => Promise<Server>,
  tests: (server: () => Server) => void,
): void {
  describe(title, () => {
    let server: Server | undefined;

    // Around all, since it ends before the first beforeAll of the suite is looked up.
    // biome-ignore lint/correctness/noEmptyPattern: vitest takes only a pattern there
    aroundAll(async (runSuite, {}, suite) => {
      try {
        server = await start();
      } catch (error) {
        if (!(error instanceof MissingServer) || process.env.CI === 'true') throw error;
        withoutHooks(suite);
        TestRunner.getSuiteHooks(suite).beforeEach.push((context) => context.skip(error.message));
      }
      await runSuite();
    }, START_TIMEOUT_MS);
    afterAll(async () => server?.stop());

    tests(() => {
      if (server === undefined) throw new Error(`the server of "${title}" is there for its tests and hooks only`);
      return server;
    });
  });
}

/** Removes every hook of the suite and of those in it. */
function withoutHooks(suite: Readonly<RunnerTestSuite>): void {
  for (const hooks of Object.values(TestRunner.getSuiteHooks(suite))) hooks.length = 0;
  for (const task of suite.tasks) if (task.type === 'suite') withoutHooks(task);
}
