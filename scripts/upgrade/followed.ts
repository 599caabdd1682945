import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../src/alerts/alert.ts';
import { Store } from '../../src/sinks/store.ts';
import { loadAlert } from '../../src/sinks/store-alerts.ts';
import { isAboutSource, undisturbed } from '../../test/chaos/expected.ts';
import { type RunningWayward, spawnWayward } from '../../test/live/wayward.ts';
import { misuse } from '../../test/pipeline/misuse.ts';
import { startIssuer } from '../../test/servers/issuer.ts';
import { learnedIn } from '../../test/upgrade/kept/learned.ts';
import type { Build } from './build.ts';
import { compare, decidedIn, type Figures } from './compare.ts';
import type { RollingRun } from './rolling.ts';

const CHUNKS = 40;
const DAY = 86_400_000;
const PATIENCE = 120_000;

/** A process follows a log that grows, and is killed in the middle; the other build goes on with what it left. */
export async function followed(
  older: Build,
  newer: Build,
  { folder }: Pick<RollingRun, 'folder'>,
  say: (text: string) => void,
): Promise<Figures> {
  mkdirSync(folder, { recursive: true });
  const issuer = await startIssuer();
  const { logs, registry } = misuse(Math.floor(Date.now() / DAY) * DAY - 21 * DAY);
  const revoke = `    revoke: { with: webhook, url: "${issuer.url}/revoke", verify_url: "${issuer.url}/verify" }\n`;
  const agents = registry.replace(/^ {4}revoke:\n(?: {6}.*\n)+/gm, revoke);
  writeFileSync(join(folder, 'credentials.yaml'), agents);
  const file = join(folder, 'gateway.log');
  writeFileSync(file, '');
  writeFileSync(join(folder, 'key'), 'the key of this run, which nobody else has', { mode: 0o600 });
  const config = join(folder, 'wayward.yaml');
  const configure = ({ knowsIdentity }: Build): void => {
    const identity = knowsIdentity ? { identity: 'from-key-map' } : {};
    const response = { mode: 'auto', limits: { credentials: 1_000, peer_group_percent: 100 }, max_alert_age: '365d' };
    const sources = [{ file: 'gateway.log', format: 'nginx-json', ...identity }];
    const revokers = { webhook: { secret: 'secret://file/key' } };
    writeFileSync(config, JSON.stringify({ state: 'state', sources, response, revokers }));
  };
  configure(older);
  const lines = logs.gateway;
  const size = Math.ceil(lines.length / CHUNKS);
  let running = spawnWayward(config, {}, [], older.bin);
  try {
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      appendFileSync(
        file,
        lines
          .slice(chunk * size, (chunk + 1) * size)
          .map((line) => `${line}\n`)
          .join(''),
      );
      await sleep(200);
      if (chunk !== CHUNKS / 2) continue;
      await running.line(({ msg }) => msg === 'caught up', PATIENCE);
      await running.kill();
      say(`killed after ${(chunk + 1) * size} of ${lines.length} lines; ${newer.commit} goes on`);
      configure(newer);
      running = spawnWayward(config, {}, [], newer.bin);
    }
    await ended(folder, running);
    await running.stop();
  } finally {
    await running.kill();
    await issuer.stop();
  }
  const store = new Store(join(folder, 'state'));
  const alerts = new Map<string, Alert>();
  for (const { id } of store.all('SELECT id FROM alerts')) {
    const alert = loadAlert(store, String(id));
    if (alert !== undefined && !isAboutSource(alert)) alerts.set(alert.id, alert);
  }
  const { baselines } = learnedIn(store);
  const steps = decidedIn(store);
  store.close();
  return compare({
    expected: await undisturbed([[file, 'nginx-json']], join(folder, 'credentials.yaml')),
    alerts,
    baselines,
    steps,
    calls: issuer.calls,
    wanted: steps.length,
  });
}

/** Until nothing is read or saved any more, and no step is open but those that wait for a person. */
async function ended(folder: string, { lines }: RunningWayward): Promise<void> {
  let before = '';
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(3_000)) {
    const store = new Store(join(folder, 'state'));
    const open = store.first("SELECT count(*) AS n FROM outbox WHERE done_at IS NULL AND state <> 'planned'")?.n;
    const now = JSON.stringify([store.first('SELECT at FROM checkpoints')?.at, open]);
    store.close();
    if (now === before && open === 0) return;
    before = now;
  }
  const last = lines.slice(-20).map((line) => JSON.stringify(line));
  throw new Error(`still not over after ${PATIENCE / 1_000} s: ${before}\n${last.join('\n')}`);
}
