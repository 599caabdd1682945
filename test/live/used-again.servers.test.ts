import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { startReceiver } from '../servers/receiver.ts';
import { describeWith, MissingServer } from '../servers/require-server.ts';
import {
  alertsOf,
  canLogIn,
  connectAs,
  createAgents,
  createResponder,
  type LiveAgent,
  showAlert,
} from './postgres-scenario.ts';
import { usedAgainDetector } from './used-again-detector.ts';
import { type RunningWayward, spawnWayward, waywardSays } from './wayward.ts';

const TIMEOUT = 120_000;
const CRITICAL = 99;
const WITHIN = 1_000;
const run = process.pid.toString(36);

const DETECTOR = usedAgainDetector(WITHIN);

/** A server whose log we can read, and the role that Wayward revokes with. */
async function start(): Promise<PostgresServer & { readonly responderUrl: string }> {
  const server = await startPostgres();
  if (server.logFile === undefined)
    throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  return { ...server, responderUrl: await createResponder(server) };
}

describeWith('wayward run, where a credential works after its revocation', start, (server) => {
  let places = 0;

  /** Two agents; `more`: further steps of their `revoke:`. */
  async function newPlace(more: readonly string[] = []) {
    const name = `again-${run}-${++places}`;
    const agents = await createAgents(server(), [`${name}a`, `${name}b`]);
    const receiver = await startReceiver();
    const folder = join(temporaryFolder(), 'wayward');
    mkdirSync(join(folder, 'detectors'), { recursive: true });
    writeFileSync(join(folder, 'detectors', `${DETECTOR.id}.yaml`), stringify(DETECTOR));
    const credentials = agents.map(({ agent, role, credential }) => ({
      ...{ id: credential, agent, slot: 'postgres', kind: 'database-role', match: { db_user: role } },
      revoke: ['postgres', ...more].map((revoker) => ({ with: revoker, role })),
    }));
    writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials }));
    const config = join(folder, 'wayward.yaml');
    const webhook = { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' };
    const settings = {
      ...{ sources: [{ file: server().logFile }], credentials: 'credentials.yaml', detectors: 'detectors' },
      response: { mode: 'auto', escalate_after: '1s', webhook },
      revokers: { postgres: { url: 'secret://env/RESPONDER_URL' } },
    };
    writeFileSync(config, stringify(settings));
    const env = { RESPONDER_URL: server().responderUrl, WEBHOOK_KEY: 'a key that both ends know' };
    const started: RunningWayward[] = [];
    onTestFinished(async () => {
      await Promise.all(started.map((wayward) => wayward.kill()));
      await receiver.stop();
    });
    const [agent, other] = agents;
    if (agent === undefined || other === undefined) throw new Error('two names give two agents');
    return {
      ...{ agent, other, config },
      async watch(): Promise<RunningWayward> {
        const wayward = spawnWayward(config, env);
        started.push(wayward);
        await wayward.line(({ msg }) => msg === 'caught up');
        return wayward;
      },
      /** A command beside it: the one that runs does not make these steps itself. */
      says: (...args: string[]) => waywardSays(config, args, env),
      told: () =>
        receiver.received.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === 'wayward.misuse-goes-on'),
    };
  }

  async function use(agent: LiveAgent): Promise<void> {
    const client = await connectAs(server(), agent);
    await client.query('SELECT name FROM customers WHERE id = 1');
    await client.end();
  }

  const letIn = ({ role }: LiveAgent) => server().query(`ALTER ROLE ${role} LOGIN`);
  const isCritical = (agent: LiveAgent) => (line: Readonly<Record<string, unknown>>) =>
    line.severity === 'critical' && line.principal === `${agent.agent}/postgres`;

  test(
    'revoked by hand and let in by somebody else: one critical alert, told once; what is only refused since alerts nobody',
    async () => {
      const place = await newPlace();
      const { agent, other, config } = place;
      const wayward = await place.watch();
      await Promise.all([use(agent), use(other)]);
      for (const { credential } of [agent, other])
        await place.says('revoke', '--credential', credential, '--execute', '--as', 'alice');
      await sleep(WITHIN + 100);
      for (let time = 0; time < 20; time++) await expect(use(other)).rejects.toMatchObject({ code: '28000' });

      await letIn(agent);
      for (let time = 0; time < 3; time++) {
        await use(agent);
        await sleep(WITHIN + 100);
      }
      await wayward.line(isCritical(agent));
      await expect.poll(() => place.told().length, { timeout: 30_000 }).toBe(1);
      expect(place.told()[0].data).toMatchObject({
        credential: agent.credential,
        done: [
          { what: `make PostgreSQL role "${agent.role}" NOLOGIN and end its sessions`, state: 'verified', by: 'alice' },
        ],
      });
      const alerts = await alertsOf(config);
      expect(alerts).toMatchObject([
        {
          event: { severity: CRITICAL, reason: expect.stringContaining('after Wayward had revoked it, and') },
          gen_ai: { agent: { id: agent.agent } },
        },
      ]);
      expect(await wayward.stop()).toBe(0);
      expect(place.told()).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'found, too, by a process that was killed and started anew meanwhile: the next step of the list is made',
    async () => {
      const place = await newPlace(['postgres-valid-until']);
      const { agent, config } = place;
      const first = await place.watch();
      await use(agent);
      await place.says('revoke', '--credential', agent.credential, '--execute', '--as', 'alice');
      await first.kill();
      await letIn(agent);
      const wayward = await place.watch();
      await sleep(WITHIN + 100);
      await use(agent);

      await wayward.line(({ credential, state }) => credential === agent.credential && state === 'verified');
      await expect(use(agent)).rejects.toMatchObject({ code: '28P01' }); // its password has expired
      const [alert] = await alertsOf(config);
      expect((await showAlert(config, alert?.event.id ?? '')).response?.record[0]).toMatchObject({
        type: 'decided',
        steps: [{ outcome: 'auto', would: expect.stringContaining('expire now') }],
      });
      expect(place.told()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'restored by hand beside it, and used at once: no alert',
    async () => {
      const place = await newPlace();
      const { agent, other } = place;
      const wayward = await place.watch();
      for (const { credential } of [agent, other])
        await place.says('revoke', '--credential', credential, '--execute', '--as', 'alice');
      await sleep(WITHIN + 100);
      const restoring = place.says('restore', '--credential', agent.credential, '--execute', '--as', 'bob');
      while (!(await canLogIn(server(), agent))) await sleep(1); // as soon as it works, before it is proven
      await use(agent);
      await restoring;
      for (let time = 0; time < 5; time++) await use(agent);

      await letIn(other);
      await use(other);
      await wayward.line(isCritical(other)); // and so everything before it was read
      expect((await alertsOf(place.config)).map(({ gen_ai }) => gen_ai?.agent.id)).toEqual([other.agent]);
    },
    TIMEOUT,
  );
});
