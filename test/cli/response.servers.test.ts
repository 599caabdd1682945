import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { createResponse } from '../../src/pipeline/response.ts';
import { placeOrder } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { Store } from '../../src/sinks/store.ts';
import { closingsAfter, saveAlert } from '../../src/sinks/store-alerts.ts';
import { alertOf } from '../response/alert-of.ts';
import { saidOfRole } from '../response/said-of.ts';
import { freePort } from '../servers/free-port.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { run } from './run.ts';

const PASSWORD = 'canary-in-url';

interface Workplace {
  readonly folder: string;
  readonly config: string;
  /** Uses the store between commands, as the service would. */
  inStore<T>(work: (store: Store, response: ReturnType<typeof createResponse>) => T): T;
  run(...args: string[]): ReturnType<typeof run>;
  onTerminal(...args: string[]): ReturnType<typeof run>;
}

function workplace(postgresUrl: string, role = 'billing_agent_1', mode = 'dry-run'): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-cli-'));
  const file = (name: string) => join(folder, name);
  writeFileSync(file('pg-url'), postgresUrl, { mode: 0o600 });
  writeFileSync(
    file('wayward.yaml'),
    `state: state\nresponse: { mode: ${mode} }\nrevokers: { postgres: { url: secret://file/pg-url } }\n`,
  );
  writeFileSync(
    file('credentials.yaml'),
    `credentials:
  - { id: cred-billing-pg, agent: billing-agent-1, kind: database-role, match: { db_user: ${role} }, revoke: { with: postgres, role: ${role} } }
  - { id: cred-billing-key, agent: billing-agent-1, kind: api-key, match: { credential_id: key-1 } }
  - { id: cred-vital, agent: vital-agent, kind: api-key, protected: true, match: { credential_id: key-2 } }
`,
  );
  const config = file('wayward.yaml');
  return {
    folder,
    config,
    inStore(work) {
      const loaded = loadConfig(config);
      const store = new Store(loaded.state);
      try {
        return work(store, createResponse(loaded, createRegistry(loadCredentials(loaded.credentials ?? '')), store));
      } finally {
        store.close();
      }
    },
    run: (...args) => run([...args, '--config', config]),
    onTerminal: (...args) => run([...args, '--config', config], { isTTY: true }),
  };
}

const ndjson = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('revoke shows the plan and touches nothing: no secret is fetched, no server asked', async () => {
  const { run } = workplace('nonsense');
  const { code, stdout } = await run('revoke', '--agent', 'billing-agent-1');
  expect(code).toBe(0);
  expect(ndjson(stdout)).toEqual([
    {
      credential: 'cred-billing-pg',
      agent: 'billing-agent-1',
      would: saidOfRole('billing_agent_1'),
      reversible: true,
      undo: 'ALTER ROLE … LOGIN',
    },
    {
      credential: 'cred-billing-key',
      agent: 'billing-agent-1',
      would: 'nothing',
      reversible: false,
      undo: '',
      refused: 'cannot be revoked automatically: add revoke: to its entry in the registry',
    },
  ]);
});

test('revoke shows what comes after the first step; with --final every step is in the plan', async () => {
  const place = workplace('nonsense');
  writeFileSync(
    join(place.folder, 'credentials.yaml'),
    `credentials:
  - id: cred-a
    agent: a
    kind: vault-approle
    revoke: [{ with: postgres, role: a }, { with: vault-entity-tokens, entity: 6fa0a9ad-d1a5-4b25-a1a5-d1a54b25a1a5 }]
`,
  );
  const [first, ...others] = ndjson((await place.run('revoke', '--agent', 'a')).stdout);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ reversible: true, afterwards: [expect.stringContaining('token')] });
  const all = ndjson((await place.run('revoke', '--agent', 'a', '--final')).stdout);
  expect(all.map(({ reversible, refused }) => [reversible, refused])).toEqual([
    [true, undefined],
    [false, 'needs settings: add revokers.vault to the configuration'],
  ]);
  expect((await place.onTerminal('revoke', '--agent', 'a')).stdout).toContain('THEN, IF MISUSE GOES ON');
});

test('several credentials, or several agents, are revoked by one command: each once', async () => {
  const place = workplace('nonsense');
  const planned = async (...args: string[]) =>
    ndjson((await place.run('revoke', ...args)).stdout).map(({ credential }) => credential);
  const ids = ['cred-vital', 'cred-billing-pg', 'cred-vital'];
  const both = await planned(...ids.flatMap((id) => ['--credential', id]));
  expect(both.toSorted()).toEqual(['cred-billing-pg', 'cred-vital']);
  const agents = await planned('--agent', 'vital-agent', '--agent', 'billing-agent-1');
  expect(agents.toSorted()).toEqual(['cred-billing-key', 'cred-billing-pg', 'cred-vital']);
});

test.each([
  [[], 'say what to revoke: --agent NAME, or --credential ID'],
  [['--agent', 'a', '--credential', 'b'], 'say what to revoke'],
  [['--agent', 'biling-agent-1'], 'no agent "biling-agent-1" in the registry; is it billing-agent-1?'],
  [['--credential', 'zzz'], 'no credential "zzz" in the registry; wayward credentials list shows all'],
  [['--credential', 'zzz', '--credential', 'cred-billing-pg'], 'no credential "zzz" in the registry'],
])('revoke %j is refused with what to write', async (args, message) => {
  const { code, stderr } = await workplace('x').run('revoke', ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test.each([
  [[], 'say what to restore: --agent NAME, or --credential ID'],
  [['--credential', 'cred-biling-pg'], 'no credential "cred-biling-pg" in the registry; is it cred-billing-pg?'],
])('restore %j is refused with what to write', async (args, message) => {
  const { code, stderr } = await workplace('x').run('restore', ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('a restore that is refused is exit 2, and says why', async () => {
  const place = workplace('x');
  place.inStore((store, response) => {
    const [step] = planFor(['cred-billing-pg'], response.plan);
    placeOrder(step === undefined ? [] : [step], 'ann', response);
    store.run('UPDATE outbox SET spec = \'{"with":"postgres","role":"old"}\', called_at = 1, done_at = 2');
  });
  const { code, stdout, stderr } = await place.run('restore', '--credential', 'cred-billing-pg', '--execute');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('cred-billing-pg: NOT restored: its revoke: entry was changed since; what was done then: ');
});

test('a protected credential is not revoked by hand either', async () => {
  const { code, stderr } = await workplace('x').run('revoke', '--credential', 'cred-vital', '--execute');
  expect(code).toBe(2);
  expect(stderr).toContain('cred-vital: NOT revoked: is protected');
});

/** What `audit verify` says of a record whose head file lies beside it. */
const whole = (entries: number): RegExp =>
  new RegExp(
    `^The record is whole \\(entries: ${entries}\\)\\.\\nNewest entry: ${entries} [0-9a-f]{64}\\n.*\\(${entries}\\) is kept nowhere outside the store: set response\\.audit_head .*\\n$`,
  );

test('halt stops automatic response and --off lets it go on, both on record', async () => {
  const { run, inStore } = workplace('x', undefined, 'auto');
  const outcome = (id: string) =>
    inStore((_store, response) => respondTo(alertOf({ id, openedAt: Date.now() }), response)[0]?.outcome);
  expect((await run('halt', '--as', 'ann')).stderr).toContain('wayward halt --off lets it go on');
  expect(outcome('a')).toBe('approve');
  expect((await run('halt', '--off')).stderr).toContain('it was halted by ann');
  expect(outcome('b')).toBe('auto');
  expect((await run('halt', '--off')).stderr).toContain('neither halted');
  expect((await run('audit', 'verify')).stderr).toMatch(whole(4));
});

test('while the breaker is open, approve and halt say what happened, how much waits and how to go on', async () => {
  const { folder, run, inStore } = workplace('x', undefined, 'auto');
  writeFileSync(
    join(folder, 'wayward.yaml'),
    'state: state\nresponse: { mode: auto, limits: { credentials: 1 } }\nrevokers: { postgres: { url: secret://file/pg-url } }\n',
  );
  const ids = ['a', 'b', 'c'];
  const entry = (id: string) =>
    `  - { id: ${id}, agent: ${id}, kind: database-role, revoke: { with: postgres, role: ${id} } }\n`;
  writeFileSync(join(folder, 'credentials.yaml'), `credentials:\n${ids.map(entry).join('')}`);
  expect((await run('approve')).stderr).toBe('');
  inStore((_store, response) => {
    for (const id of ids) respondTo(alertOf({ id: `alert-${id}`, openedAt: Date.now(), credentials: [id] }), response);
  });
  for (const command of ['approve', 'halt']) {
    const { code, stderr } = await run(command);
    expect(code).toBe(0);
    expect(stderr).toContain('1 credentials were revoked automatically within 60 minutes, which is the limit');
    expect(stderr).toContain('Waiting for approval: 2 alerts, 2 credentials.');
    expect(stderr).toContain('wayward halt --off closes the breaker');
  }
  expect((await run('halt', '--off')).stderr).toContain('The breaker is closed');
  expect((await run('approve')).stderr).toBe('');
});

test('alerts are listed, shown by the first characters of the id, and closed', async () => {
  const { run, onTerminal, inStore } = workplace('x', undefined, 'approve');
  const [first, second] = [alertOf({ id: 'abc111' }), alertOf({ id: 'abd222', severity: 'low' })];
  inStore((store, response) => {
    saveAlert(store, first);
    saveAlert(store, second);
    respondTo(first, response);
  });
  const listed = ndjson((await run('alerts', 'list', '--severity', 'high')).stdout);
  expect(listed).toMatchObject([{ event: { id: 'abc111', severity: 73 } }]);
  expect((await run('alerts', 'show', 'ab')).stderr).toContain('several alerts begin with "ab"');
  expect((await run('alerts', 'show', 'x')).code).toBe(2);
  expect(ndjson((await run('alerts', 'show', 'abc')).stdout)[0]).toMatchObject({
    response: { steps: [{ credential: 'cred-billing-pg', state: 'planned' }], record: [{ type: 'decided' }] },
  });
  expect((await run('alerts', 'close', 'abc', '--as', 'wrong', '--because', 'x')).code).toBe(2);
  expect((await run('alerts', 'close', 'abc', '--as', 'benign')).code).toBe(2);
  expect((await run('alerts', 'close', 'abc', '--as', 'benign', '--because', 'new release', '--by', 'ann')).code).toBe(
    0,
  );
  expect(ndjson((await run('alerts', 'list')).stdout)).toMatchObject([{ event: { id: 'abd222' } }]);
  expect(inStore((store) => closingsAfter(store, 0))).toMatchObject([
    { alert: 'abc111', verdict: 'benign', because: 'new release', by: 'ann' },
  ]);
  const { stdout } = await onTerminal('alerts', 'show', 'abc');
  expect(stdout).toMatch(/verdict +benign by ann at 20.+Z: new release/);
  expect(stdout).toContain('expired by automatic: cred-billing-pg: closed as benign by ann');
  expect((await run('approve', 'abc')).stderr).toContain('nothing waits');
});

test('a server that is down: the step is tried again, then shown as failed, exit 3, and no password anywhere', async () => {
  const port = await freePort();
  const place = workplace(`postgresql://w:${PASSWORD}@127.0.0.1:${port}/db`);
  const args = ['revoke', '--credential', 'cred-billing-pg', '--execute', '--config', place.config];
  // The person gives up waiting; the order stays and the service goes on with it.
  const { code, stdout, stderr } = await run(args, { until: /trying again/ });
  expect(code).toBe(3);
  expect(stderr).toContain('trying again: PostgreSQL: ECONNREFUSED');
  expect(stderr).toContain('1 of 1 steps did not get through: cred-billing-pg (calling)');
  expect(`${stdout}${stderr}`).not.toContain(PASSWORD);
  const state = join(place.folder, 'state');
  for (const file of readdirSync(state)) expect(readFileSync(join(state, file), 'latin1')).not.toContain(PASSWORD);
});

describeWith('on a real PostgreSQL', startPostgres, (server) => {
  let count = 0;

  async function newRole(): Promise<string> {
    const role = `cli_${process.pid.toString(36)}_${++count}`;
    await server().query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    return role;
  }

  test('revoke --execute does it, proves it, and a repeat adds nothing to the record', async () => {
    const role = await newRole();
    const place = workplace(server().url, role);
    const { code, stdout, stderr } = await place.run(
      'revoke',
      '--credential',
      'cred-billing-pg',
      '--execute',
      '--as',
      'ann',
    );
    expect(stderr).toContain(`cred-billing-pg: verified: role "${role}" is NOLOGIN, sessions left: 0`);
    expect(code).toBe(0);
    expect(ndjson(stdout)).toMatchObject([{ credential: 'cred-billing-pg', state: 'verified', by: 'ann' }]);

    const again = await place.run('revoke', '--credential', 'cred-billing-pg', '--execute');
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('is dead already, as recorded');
    expect((await place.run('audit', 'verify')).stderr).toMatch(whole(1));
  });

  test('restore shows what it would do, does it with --execute, and a repeat adds nothing to the record', async () => {
    const role = await newRole();
    const place = workplace(server().url, role);
    const unrevoked = await place.run('restore', '--agent', 'billing-agent-1', '--execute');
    expect(unrevoked).toMatchObject({ code: 0, stdout: '' });
    expect(unrevoked.stderr).toContain('cred-billing-key: nothing to undo: Wayward has no record of having revoked it');

    await place.run('revoke', '--credential', 'cred-billing-pg', '--execute');
    const plan = await place.onTerminal('restore', '--agent', 'billing-agent-1');
    expect(plan.stdout).toContain(`undo: ${saidOfRole(role)}`);
    const canLogIn = async () =>
      (await server().query('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [role])).rows[0].rolcanlogin;
    expect(await canLogIn()).toBe(false);

    const args = ['restore', '--credential', 'cred-billing-pg', '--execute', '--as', 'ann'];
    const { code, stdout } = await place.run(...args);
    expect(code).toBe(0);
    expect(ndjson(stdout)).toMatchObject([{ credential: 'cred-billing-pg', state: 'verified', by: 'ann' }]);
    expect(await canLogIn()).toBe(true);
    const again = await place.run(...args);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('nothing to undo: restored already, at ');
    expect((await place.run('audit', 'verify')).stderr).toMatch(whole(2));
  });

  test('of an agent, what can be revoked is; the rest is named, exit 2', async () => {
    const place = workplace(server().url, await newRole());
    const { code, stdout, stderr } = await place.run('revoke', '--agent', 'billing-agent-1', '--execute');
    expect(ndjson(stdout)).toMatchObject([{ credential: 'cred-billing-pg', state: 'verified' }]);
    expect(code).toBe(2);
    expect(stderr).toContain('cred-billing-key: NOT revoked: cannot be revoked automatically: add revoke:');
  });

  test('approve lists what waits, does it when told, and names who', async () => {
    const role = await newRole();
    const place = workplace(server().url, role, 'approve');
    const alert = alertOf({ id: 'abc111', openedAt: Date.now() });
    place.inStore((store, response) => {
      saveAlert(store, alert);
      respondTo(alert, response);
    });
    expect((await place.onTerminal('approve')).stdout).toContain(saidOfRole(role));
    const { code, stdout } = await place.run('approve', 'abc', '--as', 'ann');
    expect(code).toBe(0);
    expect(ndjson(stdout)).toMatchObject([{ state: 'verified', by: 'ann' }]);
    expect((await place.onTerminal('approve')).stdout).toBe('Nothing waits.\n');
    expect((await place.run('approve', 'abc')).code).toBe(2);
  });
});

test('a record that somebody edited is exit 1, with the entry', async () => {
  const { run, inStore } = workplace('x');
  await run('halt');
  inStore((store) => store.run("UPDATE audit SET entry = replace(entry, 'halted', 'resumed')"));
  const { code, stdout } = await run('audit', 'verify');
  expect(code).toBe(1);
  expect(stdout).toContain('entry 1 was edited');
});
