import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';

const run = process.pid.toString(36);

describeWith('from an alert to a dead PostgreSQL role', startPostgres, (server) => {
  let settings: Record<string, unknown> = {};
  let count = 0;

  beforeAll(async () => {
    settings = { postgres: { url: await secretOf(server().url) } };
  });

  async function newAgent(changes: Parameters<typeof credentialOf>[0] = {}) {
    const role = `r_${run}_${++count}`;
    await server().query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    return { role, credential: credentialOf({ revoke: { with: 'postgres', role }, ...changes }) };
  }

  const canLogIn = async (role: string): Promise<boolean> =>
    (await server().query('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [role])).rows[0].rolcanlogin;

  test('auto: the session dies, a login is refused, and the record says when what happened', async () => {
    const { role, credential } = await newAgent();
    const session = new pg.Client({ connectionString: server().urlFor(role, 'pw') });
    const died = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    const response = responseOf({ mode: 'auto' }, [credential], settings);

    response.at(NOW + 40);
    respondTo(alertOf(), response);
    await response.worker().drain();

    await died;
    await expect(new pg.Client({ connectionString: server().urlFor(role, 'pw') }).connect()).rejects.toThrow(
      'not permitted to log in',
    );
    const [step] = response.outbox.ofCause('alert-1');
    expect(step).toMatchObject({ state: 'verified', attempts: 1, note: `role "${role}" is NOLOGIN, sessions left: 0` });
    expect(response.audit.ofCause('alert-1').map(({ type }) => type)).toEqual(['decided', 'verified']);
    expect(response.audit.ofCause('alert-1')[0]).toMatchObject({
      by: 'automatic',
      agent: 'billing-agent-1',
      evidence: ['event-1'],
      steps: [{ credential: 'cred-billing-pg', with: 'postgres', outcome: 'auto' }],
    });
    expect(response.audit.ofCause('alert-1')[1]).toMatchObject({
      by: 'automatic',
      credential: 'cred-billing-pg',
      with: 'postgres',
      times: { event: new Date(NOW).toISOString(), alert: new Date(NOW + 40).toISOString(), total_ms: 40 },
    });
    expect(response.audit.verify()).toEqual({ entries: 2, unpublished: 0, problems: [] });
  });

  test('the same alert again, and a restart, do nothing more', async () => {
    const { credential } = await newAgent();
    const response = responseOf({ mode: 'auto' }, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    const restarted = responseOf({ mode: 'auto' }, [credential], settings, { folder: response.folder });
    expect(respondTo(alertOf({ revision: 2 }), restarted)).toEqual([]);
    respondTo(alertOf({ revision: 3, severity: 'critical' }), restarted);
    await restarted.worker().drain();
    const entries = restarted.audit.ofCause('alert-1').filter(({ type }) => type === 'verified');
    expect(entries).toHaveLength(1);
    expect(restarted.outbox.ofCause('alert-1')).toMatchObject([{ attempts: 1 }]);
  });

  test.each(['dry-run', 'approve', 'off'])('%s: nothing is touched', async (mode) => {
    const { role, credential } = await newAgent();
    const response = responseOf({ mode }, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(await canLogIn(role)).toBe(true);
  });

  test('a protected credential is never touched, by nobody', async () => {
    const first = await newAgent({ id: 'by-registry', protected: true });
    const second = await newAgent({ id: 'by-config' });
    const response = responseOf(
      { mode: 'auto', protected: ['by-config'] },
      [first.credential, second.credential],
      settings,
    );
    const decisions = respondTo(alertOf({ credentials: ['by-registry', 'by-config'] }), response);
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
    const order = await orderSteps(planFor(['by-registry', 'by-config'], response.plan), 'ann', response);
    expect(order.refused).toHaveLength(2);
    await response.worker().drain();
    expect(await canLogIn(first.role)).toBe(true);
    expect(await canLogIn(second.role)).toBe(true);
  });

  test('an order by hand is done and recorded once, however often it is repeated', async () => {
    const { role, credential } = await newAgent();
    const response = responseOf({}, [credential], settings);
    const plan = planFor([credential.id], response.plan);
    const first = await orderSteps(plan, 'ann', response);
    await response.worker().drain();
    const second = await orderSteps(plan, 'bob', response);
    await response.worker().drain();
    expect(await canLogIn(role)).toBe(false);
    expect(response.outbox.ofCause(first.cause)).toMatchObject([{ state: 'verified', decidedBy: 'ann' }]);
    expect(second.alreadyDead.map((step) => step.credential.id)).toEqual([credential.id]);
    expect(response.audit.verify().entries).toBe(1);

    await server().query(`ALTER ROLE ${role} LOGIN`);
    await orderSteps(plan, 'bob', response);
    await response.worker().drain();
    expect(await canLogIn(role)).toBe(false);
  });

  test.each(['before-call', 'after-call'])('killed %s: the next start finishes it, once', async (when) => {
    const { role, credential } = await newAgent();
    const folder = responseOf({ mode: 'auto' }, [credential], settings).folder;
    const child = join(import.meta.dirname, 'killed-responder.ts');
    const args = [child, when, folder, server().url, role];
    await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect(await canLogIn(role)).toBe(when === 'before-call');

    const response = responseOf({ mode: 'auto' }, [credential], settings, { folder });
    expect(response.outbox.ofCause('alert-1')).toMatchObject([
      { state: when === 'before-call' ? 'approved' : 'calling' },
    ]);
    await response.worker().drain();
    expect(await canLogIn(role)).toBe(false);
    expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'verified' }]);
    expect(response.audit.ofCause('alert-1').map(({ type }) => type)).toEqual(['decided', 'verified']);
    expect(response.audit.verify().problems).toEqual([]);
  });
});
