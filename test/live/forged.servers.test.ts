import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { Alert } from '../../src/alerts/alert.ts';
import { AuditTrail } from '../../src/response/audit.ts';
import { type Deployment, deploymentAt, deployments, life } from '../../src/simulate/agent.ts';
import { ATTACKS, type AttackKind } from '../../src/simulate/attacks.ts';
import { fleet, type Principal } from '../../src/simulate/fleet.ts';
import { type Render, renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { nginxCombined, nginxJson } from '../../src/simulate/render-nginx.ts';
import { pgauditCsv, pgauditJson, pgauditStderr } from '../../src/simulate/render-pgaudit.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { DAY, HOUR, MINUTE } from '../../src/simulate/schedule.ts';
import type { SimulatedUse } from '../../src/simulate/use.ts';
import { Store } from '../../src/sinks/store.ts';
import { listAlerts } from '../../src/sinks/store-alerts.ts';
import { temporaryFolder } from '../config/temp.ts';
import { startIssuer } from '../servers/issuer.ts';
import { spawnWayward } from './wayward.ts';

const TIMEOUT = 180_000;
const SEED = 'forged';
const HISTORY = 15 * DAY;
const KEYS = { KEY: 'of the test', FINGERPRINT_KEY: 'thirty-two characters of the test' };

const VICTIMS = {
  gateway: 'cred-support-bot-1-gateway',
  postgres: 'cred-billing-agent-1-postgres',
  vault: 'cred-deploy-agent-1-vault',
  /** Whose misuse of yesterday is in the log that is read only now. */
  replayed: 'cred-billing-agent-2-postgres',
} as const;
const CULPRIT = 'cred-support-bot-2-gateway';

/** The same agents' weeks until a moment ago, then what others want them to be taken for. */
function scene(now: number) {
  const players = new Map(fleet(SEED, new Date(now - HISTORY).toISOString()).map((one) => [one.credential.id, one]));
  const principal = (id: string): Principal => {
    const found = players.get(id);
    if (found === undefined) throw new Error(`the fleet has no ${id}`);
    return found;
  };
  const placeOf = (id: string, at: number): Deployment =>
    deploymentAt(deployments(principal(id), now - HISTORY, now), at);
  const attack = (kind: AttackKind, id: string, at: number): SimulatedUse[] =>
    ATTACKS[kind]({ agent: principal(id), place: placeOf(id, at) }, at, seeded(`${SEED}/${kind}/${id}`));
  const historyOf = (id: string) => [...life(principal(id), now - HISTORY, now - 10 * MINUTE)];
  const owner = (identity: string) =>
    [...players.values()].find((one) => one.identity === identity)?.credential.agent ?? 'unknown';
  const vault: Render = vaultAudit(seeded(`${SEED}/vault`), owner, new Date(now - HISTORY).toISOString());

  const forged = (id: string) => attack('forged-claims', id, now - 8 * MINUTE);
  const gateway = [CULPRIT, VICTIMS.gateway].flatMap(historyOf);
  const genuine = [...attack('denials', CULPRIT, now - 5 * MINUTE), ...attack('volume-x50', CULPRIT, now - 5 * MINUTE)];
  const yesterday = attack('copy-table', VICTIMS.replayed, now - DAY - HOUR);
  const database = [VICTIMS.postgres, VICTIMS.replayed].flatMap(historyOf);

  /** Requests that no key came with; the caller names a consumer in every place that it may fill in. */
  const { identity } = principal(VICTIMS.gateway);
  const injected = forged(VICTIMS.gateway).map((use, index): SimulatedUse => {
    if (use.action.kind !== 'http') throw new TypeError('a gateway logs requests');
    const claim = `x","credential":"${identity}","status":200,"x":"`;
    return {
      ...use,
      time: use.time + 1_000,
      result: 'success',
      identity: index % 2 === 0 ? '' : 'public',
      client: claim,
      action: { ...use.action, path: `/v1/exports/${index}`, args: `x-consumer-id=${identity}&credential=${identity}` },
    };
  });

  const files: Record<string, string[]> = {
    'gateway.json': renderLog(
      [...gateway, ...forged(VICTIMS.gateway), ...injected, ...genuine],
      nginxJson(seeded(SEED)),
    ),
    'gateway.log': renderLog(forged(VICTIMS.gateway), nginxCombined),
    'appdb.json': renderLog([...database, ...yesterday, ...forged(VICTIMS.postgres)], pgauditJson(seeded(SEED))),
    'appdb.csv': renderLog(forged(VICTIMS.postgres), pgauditCsv(seeded(SEED))),
    'appdb.log': renderLog(forged(VICTIMS.postgres), pgauditStderr(seeded(SEED))),
    'vault.json': renderLog([...historyOf(VICTIMS.vault), ...forged(VICTIMS.vault)], vault),
  };
  // Somebody feeds the lines of an old incident to the log once more.
  files['appdb.json']?.push(
    ...renderLog(attack('drop-table', VICTIMS.postgres, now - 3 * DAY), pgauditJson(seeded('again'))),
  );
  return { files, credentials: [...Object.values(VICTIMS), CULPRIT].map((id) => principal(id).credential) };
}

test(
  'lines that claim, spoof, inject or replay get nobody revoked; the one who did it is revoked at once',
  async () => {
    const now = Date.now();
    const { files, credentials } = scene(now);
    const issuer = await startIssuer();
    onTestFinished(() => issuer.stop());
    const folder = temporaryFolder();
    for (const [name, lines] of Object.entries(files)) writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    const revoke = { with: 'webhook', url: `${issuer.url}/revoke`, verify_url: `${issuer.url}/verify` };
    const entries = credentials.map(({ parent: _, ...credential }) => ({
      ...credential,
      rotate_every: '365d',
      revoke,
    }));
    writeFileSync(join(folder, 'credentials.yaml'), registryYaml('Agents of this test.', entries));
    const config = join(folder, 'wayward.yaml');
    const settings = {
      sources: Object.keys(files).map((file) =>
        file === 'gateway.json' ? { file, identity: 'from-key-map' } : { file },
      ),
      fingerprint_key: 'secret://env/FINGERPRINT_KEY',
      // As bold as can be: any alert, any number of credentials.
      response: {
        rules: [{ severity: 'low', mode: 'auto' }],
        limits: { credentials: 100, peer_group_percent: 100 },
      },
      revokers: { webhook: { secret: 'secret://env/KEY' } },
    };
    writeFileSync(config, stringify(settings));
    const wayward = spawnWayward(config, KEYS);
    onTestFinished(() => wayward.kill());
    await wayward.line(({ msg }) => msg === 'caught up', 90_000);
    await wayward.line(({ credential, state }) => credential === CULPRIT && state === 'verified', 90_000);
    // The last record of PostgreSQL's stderr log ends when nothing has followed at two looks in a row.
    await sleep(1_500);
    const lines = Object.values(files).reduce((sum, list) => sum + list.length, 0);
    expect(await wayward.stop()).toBe(0);
    expect(wayward.lines.findLast(({ msg }) => msg === 'stopped')).toMatchObject({ counts: { records: lines } });

    expect(issuer.calls.map(({ credential }) => credential)).toEqual([CULPRIT]);
    const store = new Store(join(folder, '.wayward'));
    onTestFinished(() => store.close());
    const alerts = listAlerts(store);
    const about = (id: string): Alert[] => alerts.filter((alert) => alert.credentials.includes(id));
    const newAbout = (id: string): Alert[] => about(id).filter(({ openedAt }) => openedAt > now - HOUR);
    for (const id of [VICTIMS.gateway, VICTIMS.vault]) expect(newAbout(id)).toEqual([]);
    // A line of three days ago came late: it is looked at as one that nobody can tell from a real late one, and never acts.
    const late = newAbout(VICTIMS.postgres).flatMap(({ findings }) => findings);
    expect(late.length).toBeGreaterThan(0);
    for (const finding of late)
      expect(finding).toMatchObject({ declared: true, subject: expect.stringMatching(/^DROP TABLE/) });

    const old = about(VICTIMS.replayed);
    expect(old.length).toBeGreaterThan(0);
    const trail = new AuditTrail(store, join(folder, 'nowhere'));
    const decided = old.flatMap(({ id }) => trail.ofCause(id)).filter(({ type }) => type === 'decided');
    const steps = decided.flatMap((entry) => entry['steps'] as { outcome: string; because: string }[]);
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps)
      expect(step).toMatchObject({ outcome: 'approve', because: expect.stringContaining('beyond max_alert_age') });
  },
  TIMEOUT,
);
