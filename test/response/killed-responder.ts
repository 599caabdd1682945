/** Run by postgres.servers.test.ts as a process of its own: responds to an alert and is killed before or after the call. */
import type { Revoker } from '../../src/response/action.ts';
import { respondTo } from '../../src/response/responder.ts';
import { postgres } from '../../src/revokers/postgres.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, responseOf } from './response-of.ts';

const [when, folder = '', url = '', role = ''] = process.argv.slice(2);
const killMe = () => process.kill(process.pid, 'SIGKILL');

const killing: Revoker = {
  ...postgres,
  prepare(settings, spec) {
    const revocation = postgres.prepare(settings, spec);
    return {
      ...revocation,
      async revoke(context) {
        await revocation.revoke(context);
        killMe();
      },
    };
  },
};

const credential = credentialOf({ revoke: { with: 'postgres', role } });
const settings = { postgres: { url: await secretOf(url) } };
const response = responseOf({ mode: 'auto' }, [credential], settings, { folder, revokers: [killing] });
respondTo(alertOf(), response);
if (when === 'before-call') killMe();
await response.worker().drain();
