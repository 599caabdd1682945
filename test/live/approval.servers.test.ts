import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seeded } from '../../src/simulate/random.ts';
import { ask, press } from '../approvals/place.ts';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { describeWith, MissingServer } from '../servers/require-server.ts';
import {
  canLogIn,
  connectAs,
  createAgents,
  createResponder,
  revocationOf,
  type Scene,
  showAlert,
  startScene,
  steal,
  workAsUsual,
} from './postgres-scenario.ts';
import { waywardSays } from './wayward.ts';

const run = process.pid.toString(36);

async function start(): Promise<PostgresServer & { readonly responderUrl: string }> {
  const server = await startPostgres();
  if (server.logFile === undefined)
    throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  return { ...server, responderUrl: await createResponder(server) };
}

interface Told {
  readonly response: readonly { readonly would: string; readonly decision: string }[];
  readonly approvals?: readonly { readonly alert: string; readonly url: string }[];
}

describeWith('an agent of a live PostgreSQL goes astray, and a person decides by a link', start, (server) => {
  let receiver: Receiver;
  let scene: Scene;

  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await scene.wayward.stop();
    await receiver.stop();
  });

  test('previews of the chat change nothing; the button locks the role, and the record names who pressed it', async () => {
    const [thief] = await createAgents(server(), [`approved-${run}`]);
    if (thief === undefined) throw new Error('a name gives an agent');
    const port = await freePort();
    const folder = join(temporaryFolder(), 'wayward');
    const response = {
      rules: [{ severity: 'medium', mode: 'approve' }],
      webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' },
      approvals: { url: `http://127.0.0.1:${port}/`, key: 'secret://env/APPROVAL_KEY' },
    };
    scene = await startScene(folder, server(), [thief], server().responderUrl, response, { http: { port } });
    const stolen = await connectAs(server(), thief);
    const died = new Promise((resolve) => stolen.once('end', resolve));
    await workAsUsual(stolen, 10, seeded('thief'));
    await steal(stolen, 20);

    const told = (): Told | undefined =>
      receiver.received
        .map(({ body }) => JSON.parse(body).data as Told)
        .find(({ approvals }) => approvals !== undefined);
    await expect.poll(told, { timeout: 30_000 }).toBeDefined();
    const would = `make PostgreSQL role "${thief.role}" NOLOGIN and end its sessions`;
    expect(told()).toMatchObject({ response: [{ would, decision: 'approve' }] });
    const [{ alert, url } = { alert: '', url: '' }] = told()?.approvals ?? [];

    const preview = { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' };
    for (let time = 0; time < 2; time++) {
      const { status, text } = await ask(url, 'GET', preview);
      expect(status).toBe(200);
      expect(text).toContain(`make PostgreSQL role &quot;${thief.role}&quot; NOLOGIN`);
      expect(text).toContain('ALTER ROLE … LOGIN');
    }
    expect((await press(url, { decision: 'approve', by: 'Eve' }, { origin: 'https://evil.example' })).status).toBe(403);
    expect(await canLogIn(server(), thief)).toBe(true);
    expect((await stolen.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);

    const answer = await press(url, { decision: 'approve', by: 'Ann of the night shift' });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Ann of the night shift')]);
    const { total_ms } = await revocationOf(scene, thief);
    expect(total_ms).toBeGreaterThan(0);
    await died;
    await expect(connectAs(server(), thief)).rejects.toMatchObject({ code: '28000' });

    expect((await press(url, { decision: 'refuse', by: 'Bob' })).status).toBe(409);
    expect((await ask(url)).text).toContain('State</th><td>verified');
    const shown = await showAlert(scene.config, alert);
    expect(shown.response?.steps).toMatchObject([
      { credential: thief.credential, state: 'verified', by: 'Ann of the night shift' },
    ]);
    expect(shown.response?.record.filter(({ by }) => by !== 'automatic')).toMatchObject([
      { type: 'approved', by: 'Ann of the night shift', via: 'link', credentials: [thief.credential] },
      { type: 'verified', by: 'Ann of the night shift' },
    ]);
    expect(await waywardSays(scene.config, ['audit', 'verify'])).toBe('');

    const signature = url.slice(-43);
    const state = join(folder, '.wayward');
    for (const name of readdirSync(state)) expect(readFileSync(join(state, name), 'latin1')).not.toContain(signature);
    expect(JSON.stringify(scene.wayward.lines)).not.toContain(signature);
  });
});
