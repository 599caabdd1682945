import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { canaryName } from '../../src/drills/canary-name.ts';
import { LEFT_AFTER } from '../../src/drills/drill.ts';
import type { Revoker } from '../../src/response/action.ts';
import { halt } from '../../src/response/control.ts';
import { respondTo } from '../../src/response/responder.ts';
import { postgres } from '../../src/revokers/postgres.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { credentialOf, NOW } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

const PASSWORD = 'canary-password-of-the-drill';
vi.mock('../../src/scram.ts', async (original) => ({
  ...(await original<typeof import('../../src/scram.ts')>()),
  newPassword: () => PASSWORD,
}));

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());

describeWith('a drill on PostgreSQL', startPostgres, (server) => {
  let settings: Record<string, unknown> = {};

  /** Wayward's own account, with what the revoker needs and nothing more. */
  const account = async (server: PostgresServer, name: string, rights: string): Promise<Record<string, unknown>> => {
    await server.query(`CREATE ROLE ${name} LOGIN ${rights} PASSWORD 'pw'`);
    await server.query(`GRANT pg_signal_backend TO ${name}`);
    return { postgres: { url: await secretOf(server.urlFor(name, 'pw')) } };
  };
  const canaries = async (): Promise<string[]> =>
    (await server().query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'wayward_canary%'")).rows.map(
      ({ rolname }) => rolname,
    );

  beforeAll(async () => {
    await server().query("ALTER SYSTEM SET log_statement = 'all'");
    await server().query('SELECT pg_reload_conf()');
    settings = await account(server(), 'drill_responder', 'CREATEROLE');
  });

  test('makes a role, uses it, revokes it over the whole path, is refused, and leaves nothing but the record', async () => {
    const { response, hold } = drillsOf(settings);
    const report = await hold({ with: 'postgres' });
    expect(report).toMatchObject({ kind: 'postgres', passed: true, objective: 60_000 });
    expect(report.note).toMatch(
      /^the open session ended \((57P01|connection closed)\), a new login was refused \(PostgreSQL: 28000 role "wayward_canary_\w+" is not permitted to log in\)$/,
    );
    expect(Object.keys(report.steps)).toEqual(['clean', 'create', 'use', 'revoke', 'refuse', 'remove']);
    expect(report.took).toBe(Number(report.steps.revoke) + Number(report.steps.refuse));
    expect(response.outbox.ofCause(report.cause)).toMatchObject([
      { action: 'revoke', credential: report.canary, state: 'verified', decidedBy: 'ann' },
    ]);
    expect(response.audit.ofCause(report.cause)).toMatchObject([
      { type: 'verified', credential: report.canary },
      { type: 'drill-passed', by: 'ann', revoker: 'postgres', took_ms: report.took, steps_ms: report.steps },
    ]);
    expect(response.audit.verify().problems).toEqual([]);
    expect(await canaries()).toEqual([]);
  });

  test("the canary's password is in no file of Wayward and in no log of the server, which logs every statement", async () => {
    const { response, hold } = drillsOf(settings);
    const { canary } = await hold({ with: 'postgres' });
    const files = readdirSync(response.folder).map((name) => readFileSync(join(response.folder, name), 'latin1'));
    expect(files.join('')).toContain(canary);
    expect(files.join('')).not.toContain(PASSWORD);
    const log = readFileSync(String(server().logFile), 'utf8');
    expect(log).toContain(`CREATE ROLE \\"${canary}\\"`);
    expect(log).not.toContain(PASSWORD);
  });

  test('in dry-run and while halted a person may hold one; it takes no place within the limits', async () => {
    await server().query('CREATE ROLE drill_agent LOGIN');
    const credential = credentialOf({ revoke: { with: 'postgres', role: 'drill_agent' } });
    const su = { postgres: { url: await secretOf(server().url) } };
    const { response, hold } = drillsOf(su, { mode: 'auto', limits: { credentials: 1 } }, [credential]);
    halt('ann', response);
    expect((await hold({ with: 'postgres' })).passed).toBe(true);
    response.state.setSetting('response.halted', undefined);
    expect(respondTo(alertOf(), response)).toMatchObject([{ outcome: 'auto' }]);
    expect((await drillsOf(su, { mode: 'dry-run' }).hold({ with: 'postgres' })).passed).toBe(true);
  });

  test('a revoker that claims to have revoked is found out: the server says otherwise', async () => {
    const liar: Revoker = {
      ...postgres,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const webhook = { url: `${receiver.url}/soc`, secret: await secretOf('a key') };
    const { response, hold, worker } = drillsOf(settings, { webhook }, [], { revokers: [liar] });
    const report = await hold({ with: 'postgres' });
    expect(report).toMatchObject({ passed: false, took: undefined });
    expect(report.note).toMatch(/^refuse: the session of wayward_canary_\w+ still works$/);
    expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-failed']);

    await worker(response, report.cause, (error) => expect.fail(String(error))).drain();
    const [told] = receiver.received.splice(0);
    expect(JSON.parse(String(told?.body))).toMatchObject({
      type: 'wayward.drill',
      subject: report.cause,
      data: { revoker: 'postgres', passed: false, note: report.note, objective_ms: 60_000 },
    });
    expect(await canaries()).toEqual([]);
  });

  test('longer than its objective is a failure, and says both', async () => {
    const report = await drillsOf(settings).hold({ with: 'postgres', objective: '1ms' });
    expect(report.passed).toBe(false);
    expect(report.note).toMatch(/not permitted to log in\); it took [\d.]+ s, its objective is 0.001 s$/);
    expect(report.took).toBeGreaterThan(1);
  });

  test('an account that may not make roles: the drill fails where it stood, and nothing was ordered', async () => {
    const weak = await account(server(), 'drill_weak', '');
    const { response, hold } = drillsOf(weak);
    const report = await hold({ with: 'postgres' });
    expect(report).toMatchObject({ passed: false, note: 'create: PostgreSQL: 42501 permission denied to create role' });
    expect(response.outbox.ofCause(report.cause)).toEqual([]);
    expect(response.audit.ofCause(report.cause)).toMatchObject([{ type: 'drill-failed', note: report.note }]);
  });

  test('without settings of the revoker it says what to add', async () => {
    const { note } = await drillsOf({}).hold({ with: 'postgres' });
    expect(note).toBe('clean: needs settings: add revokers.postgres to the configuration');
  });

  test('killed in the middle: no worker makes its step, and the next drill cleans up what is old enough', async () => {
    const folder = temporaryFolder();
    const child = join(import.meta.dirname, 'killed-drill.ts');
    const { url } = settings.postgres as { url: { reveal(): string } };
    await expect(promisify(execFile)(process.execPath, [child, folder, url.reveal()])).rejects.toMatchObject({
      signal: 'SIGKILL',
    });
    const [left] = await canaries();
    expect(left).toBeDefined();

    const { response, hold } = drillsOf(settings, {}, [], { folder });
    await response.worker().drain();
    const pending = () => response.state.all("SELECT state FROM outbox WHERE done_at IS NULL AND cause LIKE 'drill-%'");
    expect(pending()).toMatchObject([{ state: 'calling' }]);

    const young = canaryName(NOW + LEFT_AFTER);
    await server().query(`CREATE ROLE ${young}`);
    await server().query('CREATE ROLE wayward_canary_of_somebody');
    response.at(NOW + LEFT_AFTER);
    await hold({ with: 'postgres' });
    expect(await canaries()).toContain(left);
    response.at(NOW + LEFT_AFTER + 1_000);
    await hold({ with: 'postgres' });
    expect((await canaries()).sort()).toEqual([young, 'wayward_canary_of_somebody']);
    expect(pending()).toEqual([]);
    await server().query(`DROP ROLE ${young}, wayward_canary_of_somebody`);
  });

  test('stopped while the issuer is asked again and again: it ends, and nobody is told of a failure', async () => {
    const { CallError } = await import('../../src/errors.ts');
    const stop = new AbortController();
    const away: Revoker = {
      ...postgres,
      prepare: () => ({
        revoke: async () => {
          stop.abort();
          throw new CallError('no answer', true);
        },
        verify: async () => undefined,
      }),
    };
    const webhook = { url: `${receiver.url}/soc`, secret: await secretOf('a key') };
    const { response, hold } = drillsOf(settings, { webhook }, [], { revokers: [away] });
    const report = await hold({ with: 'postgres' }, 'ann', stop.signal);
    expect(report).toMatchObject({ passed: false, note: 'revoke: Wayward was stopped' });
    expect(response.outbox.ofCause(report.cause).map(({ action }) => action)).toEqual(['revoke']);
    expect(await canaries()).toEqual([]);
  });
});
