import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SkipReasons } from './test/servers/skip-reasons.ts';

/** A worker of the tests with servers has a Kafka and an Elasticsearch beside it at times. */
const BYTES_A_WORKER = 3 * 1024 ** 3;
const cores = availableParallelism();

export default defineConfig({
  test: {
    reporters: ['default', new SkipReasons()],
    // The servers of the pool are stopped in good order.
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{servers,long}.test.ts'],
          pool: 'threads',
          maxWorkers: cores,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          pool: 'threads',
          maxWorkers: cores,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.servers.test.ts'],
          globalSetup: 'test/servers/pool/setup.ts',
          // They wait for servers half of the time: one more than there are cores.
          maxWorkers: Math.max(1, Math.min(cores + 1, Math.floor(totalmem() / BYTES_A_WORKER))),
          // After those that only compute, which do not have to share the cores with servers then.
          sequence: { groupOrder: 2 },
          // A fresh PostgreSQL takes seconds on a busy machine.
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
