import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vault } from '../../../src/revokers/vault.ts';
import { policyOf, tokenWith } from '../../revokers/vault-responder.ts';
import { startVault } from '../../servers/vault.ts';
import { entryOf, type Holder, refusalOf, type StartIssuer } from './issuer.ts';

const AGENT = 'path "secret/data/billing/*" { capabilities=["read"] }';

/** A token; Vault's audit log has what it does. It tries a secret of others. */
export const startVaultIssuer: StartIssuer = async (names) => {
  const server = await startVault();
  const asRoot = (method: string, path: string, body: unknown) => server.call(server.rootToken, method, path, body);
  const folder = mkdtempSync(join(tmpdir(), 'wayward-vault-audit-'));
  const log = join(folder, 'audit.json');
  await asRoot('PUT', 'sys/audit/file', { type: 'file', options: { file_path: log, hmac_accessor: 'false' } });
  await asRoot('POST', 'secret/data/billing/smtp', { data: { value: 'x' } });

  async function holderOf(agent: string): Promise<Holder> {
    const token = await tokenWith(server, AGENT);
    const self = await asRoot('POST', 'auth/token/lookup', { token });
    const accessor = String(self.body?.data?.['accessor']);
    const read = async (path: string) => (await server.call(token, 'GET', `secret/data/${path}`)).status;
    return {
      entry: entryOf(agent, {
        ...{ slot: 'vault', kind: 'vault-token', match: { vault_accessor: accessor } },
        scopes: ['secret/data/billing/*:read'],
        revoke: { with: 'vault', accessor },
      }),
      use: async () => refusalOf(await read('billing/smtp'), 403),
      async offend() {
        const status = await read('payroll/salaries');
        if (status !== 403) throw new Error(`Vault answered ${status}`);
      },
      close: async () => {},
    };
  }
  return {
    settings: {
      sources: [{ file: log }],
      revokers: { vault: { url: server.url, token: 'secret://file/responder' } },
    },
    secrets: { responder: await tokenWith(server, policyOf(vault)) },
    holders: await Promise.all(names.map(holderOf)),
    async revocations() {
      const requests = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"type":"request"'));
      return requests.filter((line) => line.includes('"path":"auth/token/revoke-accessor"')).length;
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
