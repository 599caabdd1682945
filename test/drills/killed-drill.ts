/** Run by postgres.servers.test.ts as a process of its own: holds a drill and is killed once its canary is in use. */
import type { Revoker } from '../../src/response/action.ts';
import { postgres } from '../../src/revokers/postgres.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { drillsOf } from './held.ts';

const [folder = '', url = ''] = process.argv.slice(2);

const killing: Revoker = {
  ...postgres,
  prepare: () => ({
    async revoke() {
      process.kill(process.pid, 'SIGKILL');
    },
    verify: async () => undefined,
  }),
};

const settings = { postgres: { url: await secretOf(url) } };
await drillsOf(settings, {}, [], { folder, revokers: [killing] }).hold({ with: 'postgres' });
