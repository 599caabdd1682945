import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { startNginx } from './nginx.ts';
import { describeWith } from './require-server.ts';

/** For watched.servers.test.ts, which kills the vitest that runs this. */
describeWith('a test that hangs', startNginx, () => {
  test('while its server runs', async () => {
    console.log(`worker ${process.pid} started`);
    await sleep(600_000);
  }, 600_000);
});
