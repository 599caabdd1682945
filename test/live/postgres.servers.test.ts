import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seeded } from '../../src/simulate/random.ts';
import { temporaryFolder } from '../config/temp.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { describeWith, MissingServer } from '../servers/require-server.ts';
import {
  alertsOf,
  canLogIn,
  connectAs,
  createAgents,
  createResponder,
  guessPasswords,
  type LiveAgent,
  revocationOf,
  type Scene,
  showAlert,
  startScene,
  steal,
  workAsUsual,
} from './postgres-scenario.ts';

const TIMEOUT = 120_000;
/** `event.severity` of a medium alert. */
const MEDIUM = 47;
const run = process.pid.toString(36);

/** A server whose log we can read. */
async function start(): Promise<PostgresServer & { readonly responderUrl: string }> {
  const server = await startPostgres();
  if (server.logFile === undefined)
    throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  return { ...server, responderUrl: await createResponder(server) };
}

describeWith('wayward run on the log of a live PostgreSQL', start, (server) => {
  let scene: Scene;
  let receiver: Receiver;
  const clients: pg.Client[] = [];
  let scenes = 0;

  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await scene.wayward.stop();
    await receiver.stop();
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {}))); // some are dead already
  });

  async function agentsWith(response: object): Promise<[thief: LiveAgent, colleague: LiveAgent]> {
    const name = `billing-${run}-${++scenes}`;
    const [thief, colleague] = await createAgents(server(), [`${name}a`, `${name}b`]);
    if (thief === undefined || colleague === undefined) throw new Error('two names give two agents');
    const webhook = { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' };
    const folder = join(temporaryFolder(), 'wayward');
    const all = { ...response, webhook };
    scene = await startScene(folder, server(), [thief, colleague], server().responderUrl, all);
    return [thief, colleague];
  }

  async function session(agent: LiveAgent): Promise<pg.Client> {
    const client = await connectAs(server(), agent);
    clients.push(client);
    return client;
  }

  const graveAlertsOf = async ({ agent }: LiveAgent) =>
    (await alertsOf(scene.config, '--agent', agent)).filter(({ event }) => event.severity >= MEDIUM);

  test(
    'an agent that copies a table it never touched is out within the run; its colleague and a framed one are not',
    async () => {
      const [thief, colleague] = await agentsWith({ rules: [{ severity: 'medium', mode: 'auto' }] });
      const [stolen, honest] = [await session(thief), await session(colleague)];
      const died = new Promise((resolve) => stolen.once('end', resolve));
      await Promise.all([workAsUsual(stolen, 20, seeded('thief')), workAsUsual(honest, 20, seeded('colleague'))]);
      expect(await guessPasswords(server(), colleague, 300)).toBe(300);

      await expect(steal(stolen, 200)).rejects.toThrow();
      const { total_ms } = await revocationOf(scene, thief);
      expect(total_ms).toBeGreaterThan(0);

      await died;
      await expect(stolen.query('SELECT 1')).rejects.toThrow();
      await expect(connectAs(server(), thief)).rejects.toMatchObject({ code: '28000' });
      const [alert, ...others] = await graveAlertsOf(thief);
      expect(others).toEqual([]);
      const { response } = await showAlert(scene.config, alert?.event.id ?? '');
      expect(response?.steps).toMatchObject([
        { credential: thief.credential, state: 'verified', by: 'automatic', times: { total_ms } },
      ]);
      expect(response?.record[0]).toMatchObject({ type: 'decided', mode: 'auto' });
      expect(response?.record.filter(({ type }) => type === 'verified')).toHaveLength(1);

      expect(await canLogIn(server(), colleague)).toBe(true);
      await workAsUsual(honest, 5, seeded('colleague goes on'));
      expect(await graveAlertsOf(colleague)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'one that is given its login back by somebody else, and goes on, is told to a person: nothing is left to be done by itself',
    async () => {
      const [thief] = await agentsWith({ rules: [{ severity: 'medium', mode: 'auto' }], escalate_after: '1s' });
      const stolen = await session(thief);
      await workAsUsual(stolen, 20, seeded('thief'));
      await expect(steal(stolen, 200)).rejects.toThrow();
      const { done } = await revocationOf(scene, thief);
      const told = () =>
        receiver.received.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === 'wayward.misuse-goes-on');
      expect(told()).toEqual([]);

      await server().query(`ALTER ROLE ${thief.role} LOGIN`);
      await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Date.parse(done) + 1_100);
      const again = await session(thief);
      for (let time = 0; time < 300; time++)
        await expect(again.query('SELECT * FROM pg_authid')).rejects.toMatchObject({ code: '42501' });
      await expect.poll(() => told().length, { timeout: 60_000 }).toBe(1);
      expect(told()[0].data).toMatchObject({
        credential: thief.credential,
        done: [{ what: `make PostgreSQL role "${thief.role}" NOLOGIN and end its sessions`, state: 'verified' }],
        text: expect.stringContaining('Stop the agent itself, or block where it calls from (127.0.0.1).'),
      });
      const alerts = await graveAlertsOf(thief);
      const records = await Promise.all(alerts.map(({ event }) => showAlert(scene.config, event.id)));
      const types = records.flatMap(({ response }) => response?.record.map(({ type }) => type) ?? []);
      expect(types.filter((type) => type === 'misuse-goes-on')).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'dry-run touches nobody, but record and webhook say what would have been done',
    async () => {
      const [thief] = await agentsWith({});
      const stolen = await session(thief);
      await workAsUsual(stolen, 10, seeded('thief'));
      await steal(stolen, 20);
      await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBeGreaterThan(0);

      const would = `make PostgreSQL role "${thief.role}" NOLOGIN and end its sessions`;
      expect(JSON.parse(receiver.received[0]?.body ?? '{}').data).toMatchObject({
        dry_run: true,
        alert: { agent: thief.agent },
        response: [{ credential: thief.credential, would, decision: 'dry-run' }],
      });
      expect(await alertsOf(scene.config, '--severity', 'high')).toHaveLength(1);
      const [alert] = await graveAlertsOf(thief);
      const { response } = await showAlert(scene.config, alert?.event.id ?? '');
      expect(response?.steps).toEqual([]);
      expect(response?.record[0]).toMatchObject({ type: 'decided', steps: [{ would, outcome: 'dry-run' }] });

      expect(await canLogIn(server(), thief)).toBe(true);
      expect((await stolen.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    },
    TIMEOUT,
  );
});
