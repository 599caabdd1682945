import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { isEvent, type Parsed } from '../../src/formats/format.ts';
import { vaultAudit } from '../../src/formats/vault-audit.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { watchedFolder } from '../servers/watched.ts';
import { parseAll } from './records.ts';

/** Text that stands in the raw log and nowhere else may. */
const PLANTED = { password: 'p4ss-of-ann-7Qx', inSecret: 'v4lue-in-kv-9Zk', wrong: 'wr0ng-secret-id' };

describeWith('what a real Vault logs', startVault, (vault) => {
  const folder = watchedFolder('vault-audit');
  const hashed = join(folder, 'audit.log');
  const raw = join(folder, 'raw.log');
  const tokens: string[] = [];
  let uses: Parsed[];

  beforeAll(async () => {
    const { call, rootToken: root } = vault();
    const done = async (...[token, method, path, body]: Parameters<typeof call>) =>
      (await call(token, method, path, body)).body;
    await done(root, 'PUT', 'sys/audit/file', { type: 'file', options: { file_path: hashed, hmac_accessor: 'false' } });
    await done(root, 'PUT', 'sys/audit/raw', { type: 'file', options: { file_path: raw, log_raw: 'true' } });
    for (const type of ['approle', 'userpass']) await done(root, 'POST', `sys/auth/${type}`, { type });
    await done(root, 'POST', 'auth/approle/role/billing', { token_policies: 'default' });
    await done(root, 'POST', 'auth/userpass/users/ann', { password: PLANTED.password });
    await done(root, 'POST', 'secret/data/billing', { data: { account: PLANTED.inSecret } });
    for (const type of ['database', 'kv']) await done(root, 'POST', `sys/mounts/${type}`, { type });
    await done(root, 'POST', 'kv/billing', { error: PLANTED.inSecret });
    const roleId = (await done(root, 'GET', 'auth/approle/role/billing/role-id'))?.data?.['role_id'];
    const secretId = (await done(root, 'POST', 'auth/approle/role/billing/secret-id', {}))?.data?.['secret_id'];
    const began = parseAll(vaultAudit, readFileSync(hashed)).length;

    await done('', 'POST', 'auth/approle/login', { role_id: roleId, secret_id: PLANTED.wrong });
    await done('', 'POST', 'auth/approle/login', { role_id: 'none', secret_id: PLANTED.wrong });
    await done('', 'POST', 'auth/userpass/login/ann', { password: PLANTED.wrong });
    await done('', 'POST', 'auth/userpass/login/nobody', { password: PLANTED.wrong });
    const login = await done('', 'POST', 'auth/approle/login', { role_id: roleId, secret_id: secretId });
    const token = login?.auth?.client_token ?? '';
    const batch = (await done(root, 'POST', 'auth/token/create', { type: 'batch', policies: ['default'] }))?.auth;
    await done(token, 'GET', 'secret/data/billing');
    await done(root, 'GET', 'secret/data/billing');
    await done(root, 'GET', 'secret/data/billing?help=1');
    await done(root, 'GET', 'database/creds/none');
    await done(root, 'GET', 'kv/billing');
    await done(batch?.client_token ?? '', 'GET', 'auth/token/lookup-self');
    await done(root, 'POST', 'auth/token/revoke', { token });
    await done(token, 'GET', 'secret/data/billing');
    await done('', 'GET', 'secret/data/billing');
    tokens.push(root, token, batch?.client_token ?? '', String(secretId));
    uses = parseAll(vaultAudit, readFileSync(hashed)).slice(began).filter(isEvent);
  });

  test('every use counts once, those that failed to log in too, and who proved nothing is nobody', () => {
    const told = uses.map((use) => isEvent(use) && `${use.action} ${use.result} ${use.proof.state}`);
    expect(told).toEqual([
      'auth/approle/login:update rejected rejected',
      'auth/approle/login:update rejected rejected',
      'auth/userpass/login/ann:update rejected rejected',
      'auth/userpass/login/nobody:update rejected rejected',
      'auth/approle/login:update success verified',
      'auth/token/create:update success verified',
      'secret/data/billing:read denied verified',
      'secret/data/billing:read success verified',
      'secret/data/billing:help success verified',
      'database/creds/none:read error verified',
      'kv/billing:read success verified',
      'auth/token/lookup-self:read success verified',
      'auth/token/revoke:update success verified',
      'secret/data/billing:read rejected rejected',
      'secret/data/billing:read rejected rejected',
    ]);
  });

  test('with log_raw, the same uses; each that holds a secret says so, and none stands in what is read', () => {
    const events = parseAll(vaultAudit, readFileSync(raw)).filter(isEvent);
    const actions = events.slice(-uses.length).map(({ action, result }) => `${action} ${result}`);
    expect(actions).toEqual(uses.map((use) => isEvent(use) && `${use.action} ${use.result}`));
    const readSecret = events.find(
      ({ action, result }) => action === 'secret/data/billing:read' && result === 'success',
    );
    expect(readSecret?.leaks).toContainEqual({ kind: expect.any(String), field: 'request.client_token' });
    const text = JSON.stringify(events);
    for (const secret of [...Object.values(PLANTED), ...tokens]) expect(text).not.toContain(secret);
  });
});
