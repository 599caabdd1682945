import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Behaviour, life } from '../../src/simulate/agent.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { integer, type Random, seeded } from '../../src/simulate/random.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { nginxJson } from '../../src/simulate/render-nginx.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import { http } from '../../src/simulate/use.ts';
import { temporaryFolder } from '../config/temp.ts';
import { statusOf } from '../revokers/live-use.ts';
import { keyOf, type NginxGateway, nginxSettings, startNginxGateway } from '../revokers/nginx-gateway.ts';
import { describeWith } from '../servers/require-server.ts';
import { type RunningWayward, spawnWayward, waywardSays } from './wayward.ts';

const [THIEF, COLLEAGUE] = ['cred-a', 'cred-b'] as const;
const HISTORY_DAYS = 21;

/** What each of them does, at any hour. */
const BILLING: Behaviour = {
  schedule: { kind: 'always-on', zone: 'UTC' },
  runsPerDay: 60,
  callsPerRun: 15,
  repertoire: [http('GET /v1/invoices/{id}', 900), http('GET /v1/customers/{id}', 400), http('POST /v1/payments', 90)],
  rare: [],
  upcoming: [],
  newActionsPerDay: 0,
  network: '127.0',
  client: 'billing-agent',
  daysPerDeployment: 9,
};

interface NginxScene {
  readonly config: string;
  readonly wayward: RunningWayward;
}

/** Starts `wayward run` on three weeks of history of these credentials, which ends now, and the gateway's own log; waits until it has caught up. */
async function startNginxScene(
  folder: string,
  gateway: NginxGateway,
  ids: readonly string[],
  response: object,
): Promise<NginxScene> {
  mkdirSync(folder, { recursive: true });
  const now = Date.now();
  const uses = ids.flatMap((identity, index) => {
    const seed = `agent ${index}`; // its name has the process id in it
    const agent = { seed, groupSeed: seed, behaviour: BILLING, identity, rate: 1 };
    return [...life(agent, now - HISTORY_DAYS * DAY, now - 60_000)];
  });
  writeFileSync(join(folder, 'history.json'), `${renderLog(uses, nginxJson(seeded('live nginx'))).join('\n')}\n`);
  const entries = ids.map((id) => ({
    ...{ id, agent: `agent-of-${id}`, slot: 'gateway', kind: 'api-key', owner: 'team-billing@example.com' },
    match: { credential_id: id },
    issued_at: new Date(now - 30 * DAY).toISOString(),
    revoke: { with: 'nginx', credential_id: id },
  }));
  writeFileSync(join(folder, 'credentials.yaml'), registryYaml('The agents of this test.', entries));
  const config = join(folder, 'wayward.yaml');
  const settings = {
    sources: [
      { file: 'history.json', follow: false, identity: 'from-key-map' },
      { file: gateway.log, format: 'nginx-json', identity: 'from-key-map' },
    ],
    credentials: 'credentials.yaml',
    response,
    revokers: { nginx: nginxSettings(gateway) },
  };
  writeFileSync(config, stringify(settings));
  const wayward = spawnWayward(config);
  await wayward.line(({ msg }) => msg === 'caught up');
  return { config, wayward };
}

/** One of its usual calls; the answer's status. */
async function workAsUsual({ url }: NginxGateway, id: string, random: Random): Promise<number> {
  const path = ['v1/invoices/', 'v1/customers/'][integer(random, 0, 2)] ?? '';
  return statusOf(`${url}${path}${integer(random, 1, 99_999)}`, keyOf(id));
}

/** What it never did: copies a big export, again and again. Whether the gateway put an end to it. */
async function steal({ url }: NginxGateway, id: string): Promise<boolean> {
  for (let time = 0; time < 300; time++) {
    const status = await statusOf(`${url}export`, keyOf(id));
    if (status === 401) return true;
    if (status !== 200) throw new Error(`the gateway answered ${status}`);
    await sleep(100); // a thief's pace
  }
  return false;
}

describeWith(
  'wayward run on the log of a live nginx',
  () => startNginxGateway(),
  (gateway) => {
    let scene: NginxScene | undefined;
    afterEach(async () => void (await scene?.wayward.stop()));

    test('an agent that exports what it never touched loses its key within the run, and gets it back by restore; its colleague goes on', async () => {
      const response = { rules: [{ severity: 'medium', mode: 'auto' }] };
      const { config, wayward } = await startNginxScene(
        join(temporaryFolder(), 'wayward'),
        gateway(),
        [THIEF, COLLEAGUE],
        response,
      );
      scene = { config, wayward };
      const random = seeded('live nginx');
      const work = (id: string) => workAsUsual(gateway(), id, random);
      for (let call = 0; call < 20; call++)
        expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([200, 200]);

      expect(await steal(gateway(), THIEF)).toBe(true);
      const { times } = await wayward.line(({ credential, state }) => credential === THIEF && state === 'verified');
      expect(times).toMatchObject({ total_ms: expect.any(Number) });
      expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([401, 200]);

      await waywardSays(config, ['restore', '--credential', THIEF, '--execute']);
      expect(await work(THIEF)).toBe(200);
      const alerts = await waywardSays(config, ['alerts', 'list', '--json']);
      expect(alerts).toContain(`agent-of-${THIEF}`);
      expect(alerts + JSON.stringify(wayward.lines)).not.toContain('canary');
    });
  },
);
