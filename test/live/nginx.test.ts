import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Behaviour, life } from '../../src/simulate/agent.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { nginxJson } from '../../src/simulate/render-nginx.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import { http } from '../../src/simulate/use.ts';
import { temporaryFolder } from '../config/temp.ts';
import { statusOf } from '../revokers/live-use.ts';
import { keyOf, type NginxGateway, nginxSettings, startNginxGateway } from '../revokers/nginx-gateway.ts';
import { describeWith } from '../servers/require-server.ts';
import { type RunningWayward, spawnWayward, waywardSays } from './wayward.ts';

const TIMEOUT = 120_000;
const HISTORY_DAYS = 21;

/** What both agents have always done behind the gateway, at any hour. */
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

const [THIEF, COLLEAGUE] = ['cred-a', 'cred-b'] as const;

describeWith('wayward run on the log of a live nginx', startNginxGateway, (gateway) => {
  let wayward: RunningWayward | undefined;
  afterEach(async () => void (await wayward?.stop()));

  test(
    'an agent that exports what it never touched loses its key within the run; its colleague goes on',
    async () => {
      const config = writeScene(gateway());
      wayward = spawnWayward(config);
      await wayward.line(({ msg }) => msg === 'caught up');
      const random = seeded('live nginx');
      const work = async (id: string) => {
        const path = ['v1/invoices/', 'v1/customers/'][integer(random, 0, 2)] ?? '';
        return statusOf(`${gateway().url}${path}${integer(random, 1, 99_999)}`, keyOf(id));
      };
      for (let call = 0; call < 20; call++)
        expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([200, 200]);

      const isOut = await steal(gateway());
      expect(isOut).toBe(true);
      const { times } = await wayward.line(({ credential, state }) => credential === THIEF && state === 'verified');
      expect(times).toMatchObject({ total_ms: expect.any(Number) });
      expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([401, 200]);

      await waywardSays(config, ['restore', '--credential', THIEF, '--execute']);
      expect(await work(THIEF)).toBe(200);
      const alerts = await waywardSays(config, ['alerts', 'list', '--json']);
      expect(alerts).toContain(`agent-of-${THIEF}`);
      expect(alerts).not.toContain('canary');
    },
    TIMEOUT,
  );
});

/** Three weeks of history, which end now, the gateway's own log, and a response that acts. Returns the configuration's path. */
function writeScene(gateway: NginxGateway): string {
  const folder = join(temporaryFolder(), 'wayward');
  mkdirSync(folder);
  const now = Date.now();
  const uses = [THIEF, COLLEAGUE].flatMap((identity) => [
    ...life(
      { seed: identity, groupSeed: identity, behaviour: BILLING, identity, rate: 1 },
      now - HISTORY_DAYS * DAY,
      now - 60_000,
    ),
  ]);
  writeFileSync(join(folder, 'history.json'), `${renderLog(uses, nginxJson(seeded('live nginx'))).join('\n')}\n`);
  const entries = [THIEF, COLLEAGUE].map((id) => ({
    ...{ id, agent: `agent-of-${id}`, slot: 'gateway', kind: 'api-key', owner: 'team-billing@example.com' },
    match: { credential_id: id },
    issued_at: new Date(now - 30 * DAY).toISOString(),
    revoke: { with: 'nginx', credential_id: id },
  }));
  writeFileSync(join(folder, 'credentials.yaml'), registryYaml('The agents of this test.', entries));
  const config = join(folder, 'wayward.yaml');
  const settings = {
    sources: [
      { file: 'history.json', follow: false },
      { file: gateway.log, format: 'nginx-json' },
    ],
    credentials: 'credentials.yaml',
    response: { rules: [{ severity: 'medium', mode: 'auto' }] },
    revokers: { nginx: nginxSettings(gateway) },
  };
  writeFileSync(config, stringify(settings));
  return config;
}

/** Copies, again and again, what it never touched; whether the gateway put an end to it. */
async function steal({ url }: NginxGateway): Promise<boolean> {
  for (let time = 0; time < 300; time++) {
    const status = await statusOf(`${url}export`, keyOf(THIEF));
    if (status === 401) return true;
    expect(status).toBe(200);
    await sleep(100);
  }
  return false;
}
