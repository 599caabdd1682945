import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { life, type SimulatedAgent } from '../../src/simulate/agent.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import { vault } from '../../src/simulate/use.ts';
import { temporaryFolder } from '../config/temp.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { spawnWayward } from './wayward.ts';

const TIMEOUT = 120_000;
const OWN = ['billing/postgres', 'billing/smtp'];
const RESPONDER_POLICY =
  'path "auth/token/revoke-accessor" { capabilities=["update"] }\npath "auth/token/lookup-accessor" { capabilities=["update"] }';

describeWith('wayward run on the audit log of a live Vault', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);

  async function tokenWith(name: string, policy: string) {
    await asRoot('PUT', `sys/policies/acl/${name}`, { policy });
    const { body } = await asRoot('POST', 'auth/token/create', { policies: [name], ttl: '1h', display_name: name });
    if (body?.auth === undefined) throw new Error('Vault made no token');
    return body.auth;
  }

  /** Three weeks of the agents' reads, ending now, as Vault would have logged them. */
  function historyOf(accessors: readonly string[]): string {
    const now = Date.now();
    const uses = accessors.flatMap((identity, index) => {
      const seed = `agent ${index}`; // accessors are different in each run
      const behaviour: SimulatedAgent['behaviour'] = {
        schedule: { kind: 'always-on', zone: 'UTC' },
        runsPerDay: 40,
        callsPerRun: 4,
        repertoire: OWN.map((name) => vault('read', `secret/data/${name}`)),
        rare: [],
        upcoming: [],
        newActionsPerDay: 0,
        network: '127.0',
        client: 'billing-agent',
        daysPerDeployment: 30,
      };
      return [...life({ seed, groupSeed: seed, behaviour, identity, rate: 1 }, now - 21 * DAY, now - 60_000)];
    });
    const issued = new Date(now - 22 * DAY).toISOString();
    return renderLog(
      uses,
      vaultAudit(seeded('live vault'), () => 'billing', issued),
    ).join('\n');
  }

  test(
    'a token that tries 200 secrets of others is dead; the token beside it reads on',
    async () => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o755);
      const log = join(folder, 'audit.json');
      const options = { file_path: log, hmac_accessor: 'false' };
      expect((await asRoot('PUT', 'sys/audit/wayward', { type: 'file', options })).status).toBe(204);
      for (const name of OWN) await asRoot('POST', `secret/data/${name}`, { data: { value: 'x' } });
      const policy = 'path "secret/data/billing/*" { capabilities=["read"] }';
      const [thief, colleague] = [await tokenWith('billing-1', policy), await tokenWith('billing-2', policy)];
      const responder = await tokenWith('responder', RESPONDER_POLICY);

      const entries = [thief, colleague].map(({ accessor }, index) => ({
        ...{ id: `cred-billing-${index + 1}-vault`, agent: `billing-${index + 1}`, slot: 'vault', kind: 'vault-token' },
        ...{ owner: 'team-billing@example.com', match: { vault_accessor: accessor } },
        ...{ issued_at: new Date(Date.now() - 22 * DAY).toISOString(), revoke: { with: 'vault', accessor } },
      }));
      writeFileSync(join(folder, 'credentials.yaml'), registryYaml('Two tokens.', entries));
      writeFileSync(join(folder, 'history.json'), `${historyOf([thief.accessor, colleague.accessor])}\n`);
      writeFileSync(join(folder, 'vault.token'), responder.client_token, { mode: 0o600 });
      const config = join(folder, 'wayward.yaml');
      writeFileSync(
        config,
        stringify({
          sources: [{ file: 'history.json', follow: false }, { file: log }],
          credentials: 'credentials.yaml',
          response: { rules: [{ detector: 'denied-burst', severity: 'medium', mode: 'auto' }] },
          revokers: { vault: { url: server().url, token: 'secret://file/vault.token' } },
        }),
      );
      const wayward = spawnWayward(config);
      onTestFinished(() => wayward.kill());
      await wayward.line(({ msg }) => msg === 'caught up');

      const read = async ({ client_token }: typeof thief, path: string): Promise<number> =>
        (await server().call(client_token, 'GET', `secret/data/${path}`)).status;
      for (let at = 0; at < 6; at++) {
        for (const token of [thief, colleague]) expect(await read(token, OWN[at % 2] ?? '')).toBe(200);
        await sleep(100); // their usual pace
      }
      for (let at = 0; at < 200; at++) expect(await read(thief, `payroll/${at}`)).toBe(403);

      const revoked = await wayward.line(
        (line) => line.credential === 'cred-billing-1-vault' && line.state === 'verified',
      );
      expect(revoked.note).toBe('Vault knows no token with this accessor any more');
      expect(await read(thief, OWN[0] ?? '')).toBe(403);
      expect(await read(colleague, OWN[0] ?? '')).toBe(200);
      expect(wayward.lines.filter((line) => line.credential === 'cred-billing-2-vault')).toEqual([]);
      expect(await wayward.stop()).toBe(0);
    },
    TIMEOUT,
  );
});
