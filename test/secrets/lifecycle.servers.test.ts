import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { createResponse } from '../../src/pipeline/response.ts';
import { respondTo } from '../../src/response/responder.ts';
import { Store } from '../../src/sinks/store.ts';
import { saveAlert } from '../../src/sinks/store-alerts.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { freePort } from '../servers/free-port.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { VAULT_WITH_POSTGRES } from '../servers/vault-with-postgres.ts';
import { startEcho, startEchoOfWrites, startMirror } from './bad-servers.ts';
import { type Canary, canaryOf, plainCanary } from './canaries.ts';
import { Search } from './search.ts';

/** What else talks to issuers: drills, rotations, approvals. Passwords here hold what URLs, shells and SQL trip over. */

const passwordOf = (name: string): Canary => {
  const plain = plainCanary(name);
  return { ...plain, value: `p@'"\\$%/${plain.value}` };
};
const [RESPONDER, MARIADB, AGENT, STATIC, ROOT] = ['responder', 'mariadb', 'agent', 'static role', 'root'].map((name) =>
  passwordOf(`the password of the ${name}`),
) as [Canary, Canary, Canary, Canary, Canary];
const CLIENTS = ['responder', 'agent-a'].map((client) => canaryOf(`the secret of ${client}`, secretOfClient(client)));

const start = () => startTogether({ ...VAULT_WITH_POSTGRES, mariadb: startMariaDb, oauth: startOAuth });

const literal = ({ value }: Canary): string => `'${value.replaceAll("'", "''")}'`;

describeWith('drills, rotations and approvals: no secret comes out', start, (servers) => {
  beforeAll(async () => {
    const { postgres, mariadb, vault } = servers();
    await postgres.query(`CREATE ROLE responder LOGIN SUPERUSER PASSWORD ${literal(RESPONDER)}`);
    await mariadb.query('CREATE USER responder IDENTIFIED BY ?', [MARIADB.value]);
    await mariadb.query('GRANT ALL ON *.* TO responder WITH GRANT OPTION');
    await mariadb.query('CREATE USER agent IDENTIFIED BY ?', [AGENT.value]);
    const asRoot = (method: string, path: string, body: object) => vault.call(vault.rootToken, method, path, body);
    await postgres.query(`CREATE ROLE agent LOGIN PASSWORD ${literal(AGENT)}`);
    for (const name of ['agent', 'mariadb'])
      await asRoot('POST', `secret/data/${name}`, { data: { password: AGENT.value } });
    await postgres.query(`CREATE ROLE vault_root LOGIN SUPERUSER PASSWORD ${literal(ROOT)}`);
    await postgres.query(`CREATE ROLE static LOGIN PASSWORD ${literal(STATIC)}`);
    await asRoot('POST', 'sys/mounts/database', { type: 'database' });
    const url = `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/appdb?sslmode=disable`;
    const connection = { plugin_name: 'wayward-postgresql', allowed_roles: '*', connection_url: url };
    await asRoot('POST', 'database/config/pg', { ...connection, username: 'vault_root', password: ROOT.value });
    const role = { db_name: 'pg', username: 'static', rotation_period: '24h' };
    expect(await asRoot('POST', 'database/static-roles/static', role)).toMatchObject({ status: 204 });
    const create = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
    await asRoot('POST', 'database/roles/proof', { db_name: 'pg', creation_statements: [create] });
  });

  const secrets = (): Canary[] => [
    ...[RESPONDER, MARIADB, AGENT, STATIC, ROOT, ...CLIENTS],
    canaryOf('the token of Vault', servers().vault.rootToken),
  ];

  /** A folder with everything configured; `port` stands for the port of every server. */
  function place({ port, config = {} }: { port?: number; config?: object } = {}): string {
    const { postgres, mariadb, oauth, vault } = servers();
    const folder = temporaryFolder();
    const led = (text: string): string =>
      port === undefined ? text : text.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, `127.0.0.1:${port}`);
    const file = (name: string, text: string) => writeFileSync(join(folder, name), led(text), { mode: 0o600 });
    file('postgres', postgres.urlFor('responder', encodeURIComponent(RESPONDER.value)));
    file('mariadb', mariadb.urlFor('responder', MARIADB.value));
    file('vault', vault.rootToken);
    for (const client of ['responder', 'agent-a']) file(client, secretOfClient(client));
    const client = (id: string) => ({ client_id: id, client_secret: `secret://file/${id}` });
    const revokers = {
      postgres: { url: 'secret://file/postgres' },
      mariadb: { url: 'secret://file/mariadb' },
      vault: { url: vault.url, token: 'secret://file/vault' },
      oauth: {
        revocation_url: `${oauth.issuer}/token/revocation`,
        introspection_url: `${oauth.issuer}/token/introspection`,
        ...client('responder'),
      },
    };
    const ofOAuth = {
      with: 'oauth',
      token_url: `${oauth.issuer}/token`,
      resource_url: oauth.resource,
      ...client('agent-a'),
    };
    const drills = [...['postgres', 'mariadb', 'vault'].map((kind) => ({ with: kind })), ofOAuth];
    const entry = { agent: 'a', kind: 'database-role', issued_at: '2026-01-01T00:00:00Z' };
    const credentials = [
      {
        id: 'agent',
        ...entry,
        rotate: { with: 'postgres-password', role: 'agent', secret: 'secret://vault/secret/data/agent#password' },
      },
      {
        id: 'mariadb',
        ...entry,
        rotate: { with: 'mariadb-password', user: 'agent', secret: 'secret://vault/secret/data/mariadb#password' },
      },
      { id: 'static', ...entry, rotate: { with: 'vault-database-static', role: 'static', login: 'postgres' } },
      { id: 'root', ...entry, rotate: { with: 'vault-database-root', connection: 'pg', role: 'proof' } },
      { id: 'locked', ...entry, agent: 'locked', revoke: { with: 'postgres', role: 'agent' } },
    ];
    file('credentials.yaml', stringify({ credentials }));
    file('wayward.yaml', stringify({ state: 'state', revokers, drills, ...config }));
    return folder;
  }

  /** What a command said, and what of secrets came out of it. */
  async function looked(folder: string, args: readonly string[], more: readonly Canary[] = []) {
    const said = await run([...args, '--config', join(folder, 'wayward.yaml')], { until: /trying again|: calling: / });
    const search = new Search([...secrets(), ...more]);
    const leaks = [
      ...search.in('what it said', said.stdout + said.stderr),
      ...search.inFolder('state', join(folder, 'state')),
    ];
    return { ...said, leaks };
  }

  test('drills that pass', async () => {
    const { code, stdout, leaks } = await looked(place(), ['drill']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(leaks).toEqual([]);
  });

  test('drills and rotations where the servers are away, not what they should be, or say back what they are told', async () => {
    const bad = await Promise.all([startEcho(400), startEcho(500), startMirror()]);
    try {
      const ports = [await freePort(), ...bad.map((server) => server.port)];
      await Promise.all(
        ports.map(async (port) => {
          const orders = [['drill'], ['rotate', '--due', '--execute']];
          const ends = await Promise.all(orders.map((order) => looked(place({ port }), order)));
          expect(ends.map(({ code }) => code)).toEqual([1, 3]);
          expect(ends.flatMap(({ leaks }) => leaks)).toEqual([]);
        }),
      );
    } finally {
      await Promise.all(bad.map((server) => server.stop()));
    }
  });

  test('a new password is not shown where the secret manager says back what it was to keep', async () => {
    const { vault, postgres } = servers();
    const echo = await startEchoOfWrites(vault.url);
    try {
      const revokers = {
        postgres: { url: 'secret://file/postgres' },
        vault: { url: `http://127.0.0.1:${echo.port}`, token: 'secret://file/vault' },
      };
      const folder = place({ config: { revokers } });
      writeFileSync(join(folder, 'postgres'), postgres.urlFor('responder', encodeURIComponent(RESPONDER.value)), {
        mode: 0o600,
      });
      const { code, stderr, leaks } = await looked(folder, ['rotate', '--credential', 'agent', '--execute']);
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('Vault answered 403') });
      expect(leaks).toEqual([]);
      const written = /"password_pending":"([^"]+)"/.exec(echo.written.join('\n'))?.[1];
      const search = new Search([canaryOf('the new password', written ?? '')]);
      expect(search.in('the request', echo.written.join('\n'))).not.toEqual([]);
      expect([...search.in('stderr', stderr), ...search.inFolder('state', join(folder, 'state'))]).toEqual([]);
    } finally {
      await echo.stop();
    }
  });

  test('rotations that succeed: neither the old passwords nor the new ones', async () => {
    const { vault } = servers();
    const folder = place();
    const { code, stdout, stderr, leaks } = await looked(folder, ['rotate', '--due', '--execute']);
    expect({ code, stderr, stdout }).toMatchObject({ stdout: expect.stringContaining('"verified"') });
    expect(stdout.match(/"verified"/g)).toHaveLength(4);
    expect(leaks).toEqual([]);
    const kept = async (path: string) => JSON.stringify((await vault.call(vault.rootToken, 'GET', path)).body);
    const places = ['secret/data/agent', 'secret/data/mariadb', 'database/static-creds/static'];
    const all = (await Promise.all(places.map(kept))).join(' ');
    const passwords = [...all.matchAll(/"password":"([^"]+)"/g)].map(([, password = '']) => canaryOf('new', password));
    expect(passwords).toHaveLength(3);
    const search = new Search(passwords);
    expect([...search.in('what it said', stdout + stderr), ...search.inFolder('state', join(folder, 'state'))]).toEqual(
      [],
    );
  });

  test('an approved revocation, done and refused', async () => {
    for (const password of [RESPONDER, passwordOf('a wrong password')]) {
      const folder = place({
        config: { response: { mode: 'approve' }, revokers: { postgres: { url: 'secret://file/postgres' } } },
      });
      writeFileSync(
        join(folder, 'postgres'),
        servers().postgres.urlFor('responder', encodeURIComponent(password.value)),
      );
      const config = loadConfig(join(folder, 'wayward.yaml'));
      const store = new Store(config.state);
      const alert = alertOf({ id: 'abc123', credentials: ['locked'], openedAt: Date.now() });
      saveAlert(store, alert);
      respondTo(alert, createResponse(config, createRegistry(loadCredentials(config.credentials ?? '')), store));
      store.close();
      const { code, leaks } = await looked(folder, ['approve', 'abc', '--as', 'ann'], [password]);
      expect(code).toBe(password === RESPONDER ? 0 : 3);
      expect(leaks).toEqual([]);
      for (const args of [
        ['alerts', 'list'],
        ['alerts', 'show', 'abc'],
        ['audit', 'verify'],
        ['credentials', 'list'],
      ]) {
        const { code, leaks } = await looked(folder, args, [password]);
        expect({ args, code, leaks }).toEqual({ args, code: 0, leaks: [] });
      }
    }
  });
});
