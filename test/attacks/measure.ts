import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Alert } from '../../src/alerts/alert.ts';
import { type Severity, severityRank } from '../../src/detectors/finding.ts';
import { AUTOMATIC } from '../../src/response/outbox.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { Store } from '../../src/sinks/store.ts';
import { listAlerts } from '../../src/sinks/store-alerts.ts';
import { type LogLine, spawnWayward } from '../live/wayward.ts';
import { type Issuer, startIssuer } from '../servers/issuer.ts';
import type { Victim } from './victim.ts';

/** More victims than any test has: nothing is held back by a limit. */
const NO_LIMIT = 1_000;
const TIMEOUT_MS = 120_000;
const KEYS = { KEY: 'of the test', FINGERPRINT_KEY: 'thirty-two characters of the test' };

/** Logs that are there already, and whose credentials they are about. */
export interface Watched {
  /** Made here; the configuration and the state go there, and relative source files start there. */
  readonly folder: string;
  /** As `sources:` of wayward.yaml takes them. */
  readonly sources: readonly Readonly<Record<string, unknown>>[];
  /** More keys of wayward.yaml, such as `formats`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly victims: readonly Victim[];
  /** An honest agent whose misuse of its own credential is the last thing in the log; and how far the response to it must get. */
  readonly control: { readonly victim: Victim; readonly until: 'found' | 'revoked' };
  /** When the first attack began, milliseconds since the epoch: older alerts do not count. */
  readonly since: number;
}

/** What Wayward made of the logs. */
export interface Measured {
  /** Alerts about this agent or credential, of at least this severity, that opened since; and automatic steps against it. */
  against(victim: Victim, severity?: Severity): { readonly findings: number; readonly responses: number };
  alerts(victim: Victim): readonly Alert[];
  /** What it counted at its end. */
  readonly counts: unknown;
}

/** `wayward run`, as bold as can be, on logs that it reads to their end; every victim is revoked by a webhook. */
export async function measure(watched: Watched): Promise<Measured> {
  const { folder, control } = watched;
  mkdirSync(folder, { recursive: true });
  const issuer = await startIssuer();
  const wayward = spawnWayward(writeConfig(watched, issuer), KEYS);
  try {
    await wayward.line(({ msg }) => msg === 'caught up', TIMEOUT_MS);
    await wayward.line(isAbout(control), TIMEOUT_MS);
    await wayward.stop();
    const stopped = wayward.lines.findLast(({ msg }) => msg === 'stopped');
    return readStore(watched, issuer, stopped?.['counts']);
  } finally {
    await wayward.kill();
    await issuer.stop();
  }
}

const isAbout =
  ({ victim, until }: Watched['control']) =>
  (line: LogLine): boolean =>
    until === 'revoked'
      ? line['credential'] === victim.credential && line['state'] === 'verified'
      : line['alert'] !== undefined && String(line['principal']).startsWith(`${victim.agent}/`);

function writeConfig({ folder, sources, settings, victims }: Watched, { url }: Issuer): string {
  const revoke = { with: 'webhook', url: `${url}/revoke`, verify_url: `${url}/verify` };
  const entries = victims.map(({ entry }) => ({ ...entry, revoke }));
  writeFileSync(join(folder, 'credentials.yaml'), registryYaml('The agents of this test.', entries));
  const config = join(folder, 'wayward.yaml');
  const whole = {
    ...settings,
    sources,
    fingerprint_key: 'secret://env/FINGERPRINT_KEY',
    response: {
      mode: 'auto',
      rules: [{ severity: 'low', mode: 'auto' }],
      limits: { credentials: NO_LIMIT, peer_group_percent: 100 },
      max_alert_age: '60m',
    },
    revokers: { webhook: { secret: 'secret://env/KEY' } },
  };
  writeFileSync(config, stringify(whole));
  return config;
}

function readStore({ folder, since }: Watched, { calls }: Issuer, counts: unknown): Measured {
  const store = new Store(join(folder, '.wayward'));
  try {
    const all = listAlerts(store, { since });
    const steps = store.all("SELECT key, credential FROM outbox WHERE action = 'revoke' AND decided_by = ?", AUTOMATIC);
    const taken = [
      ...steps.map(({ key, credential }) => ({ key: String(key), credential: String(credential) })),
      // `wayward.revoke-KEY`: a call and its step are one response.
      ...calls.map(({ id, credential }) => ({ key: id.slice(id.lastIndexOf('-') + 1), credential })),
    ];
    const alerts = ({ agent, credential }: Victim): Alert[] =>
      all.filter((alert) => alert.agent === agent || alert.credentials.includes(credential));
    return {
      alerts,
      against(victim, severity = 'low') {
        const grave = alerts(victim).filter((alert) => severityRank(alert.severity) >= severityRank(severity));
        const against = taken.filter(({ credential }) => credential === victim.credential);
        return { findings: grave.length, responses: new Set(against.map(({ key }) => key)).size };
      },
      counts,
    };
  } finally {
    store.close();
  }
}
