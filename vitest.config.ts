import { defineConfig } from 'vitest/config';
import { SkipReasons } from './test/servers/skip-reasons.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests start real servers; a fresh PostgreSQL takes seconds on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default', new SkipReasons()],
  },
});
