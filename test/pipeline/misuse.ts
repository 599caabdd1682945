import { deploymentAt, deployments, life } from '../../src/simulate/agent.ts';
import { ATTACKS, type AttackKind } from '../../src/simulate/attacks.ts';
import { fleet, type Principal, type Server } from '../../src/simulate/fleet.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { type RegistryEntry, registryYaml } from '../../src/simulate/registry-file.ts';
import { nginxJson } from '../../src/simulate/render-nginx.ts';
import { pgauditCsv, pgauditJson } from '../../src/simulate/render-pgaudit.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { DAY, HOUR, MINUTE } from '../../src/simulate/schedule.ts';
import type { SimulatedUse } from '../../src/simulate/use.ts';

/** Two weeks in which nearly everything goes wrong: many alerts, of every detector that needs no response, from little log. */

const SEED = 'misuse';
/** A Monday. */
const FROM = Date.UTC(2026, 9, 5);
const DAYS = 14;

const dayAfter = (from: number, days: number): string => new Date(from + days * DAY).toISOString();

/** What the registry says of a credential beyond the usual: nearly each breaks something else. */
const rulesFrom = (from: number): Readonly<Record<string, Partial<RegistryEntry>>> => ({
  'cred-checkout-assistant-1-gateway': { expires_at: dayAfter(from, 11) },
  'cred-checkout-assistant-2-gateway': { issued_at: dayAfter(from, -157) },
  'cred-hr-onboarding-gateway': { hours: 'Mon-Fri 08:00-16:00 America/New_York' },
  'cred-order-sync-2-gateway': { networks: ['192.168.0.0/16'] },
  'cred-billing-agent-2-postgres': { scopes: ['SELECT public.*'] },
  'cred-data-steward-1-postgres': { issued_at: dayAfter(from, -187), rotate_every: '30d' },
  'cred-report-writer-1-postgres': { expires_at: dayAfter(from, 10) },
  'cred-deploy-agent-1-vault': { scopes: ['secret/data/deploy/*:read', 'database/creds/*:read'] },
});
const PLAYERS = Object.keys(rulesFrom(FROM)).concat(
  'cred-report-writer-2-postgres',
  'cred-deploy-agent-2-vault',
  'cred-billing-agent-2-vault',
);
/** Uses the gateway without standing in the registry. */
const UNREGISTERED = 'cred-order-sync-3-gateway';

/** Attack, day and hour of it; those that a server cannot show are left out there. */
const PROGRAMME: readonly (readonly [AttackKind, day: number, hour: number])[] = [
  ['night-hour', 10, 7],
  ['drop-table', 10, 13],
  ['secret-in-url', 10, 17],
  ['denials', 11, 10],
  ['copy-table', 11, 15],
  // The thief works while the agent does, so that their minutes are shared.
  ['crawl', 12, 9],
  ['second-client', 12, 9],
  ['out-of-scope', 12, 13],
  ['volume-x50', 12, 16],
  ['unknown-key', 13, 8],
  ['forged-claims', 13, 11],
  ['errors', 13, 14],
];
const ONLY_GATEWAY: ReadonlySet<AttackKind> = new Set(['secret-in-url', 'crawl', 'unknown-key']);

export interface Misuse {
  /** Lines of each server's log. */
  readonly logs: Readonly<Record<Server, readonly string[]>>;
  readonly registry: string;
}

function played(principal: Principal, from: number, offset: number): SimulatedUse[] {
  const places = deployments(principal, from, from + DAYS * DAY);
  const programme = PROGRAMME.filter(([kind]) => principal.server === 'gateway' || !ONLY_GATEWAY.has(kind));
  return programme.flatMap(([kind, number, hour]) => {
    const at = from + number * DAY + hour * HOUR + offset * MINUTE;
    const victim = { agent: principal, place: deploymentAt(places, at) };
    const uses = ATTACKS[kind](victim, at, seeded(`${SEED}/${principal.seed}/${kind}`));
    // Five thousand errors tell no more than eight hundred, and take longer.
    return uses.slice(0, 800);
  });
}

const playersFrom = (from: number): Principal[] =>
  fleet(SEED, dayAfter(from, -10)).filter(({ credential: { id } }) => PLAYERS.includes(id) || id === UNREGISTERED);

/** Fourteen days from a Monday's midnight (UTC, milliseconds) on; the same on every call. */
export function misuse(from = FROM): Misuse {
  const players = playersFrom(from);
  const uses: Record<Server, SimulatedUse[]> = { gateway: [], appdb: [], warehouse: [], vault: [] };
  for (const [index, principal] of players.entries()) {
    uses[principal.server].push(...life(principal, from, from + DAYS * DAY), ...played(principal, from, index * 7));
  }
  const owners = new Map(players.map(({ identity, credential }) => [identity, credential.agent]));
  const agentOf = (accessor: string): string => owners.get(accessor) ?? 'unknown';
  return {
    logs: {
      gateway: renderLog(uses.gateway, nginxJson(seeded(`${SEED}/gateway`))),
      appdb: renderLog(uses.appdb, pgauditJson(seeded(`${SEED}/appdb`))),
      warehouse: renderLog(uses.warehouse, pgauditCsv(seeded(`${SEED}/warehouse`))),
      vault: renderLog(uses.vault, vaultAudit(seeded(`${SEED}/vault`), agentOf, dayAfter(from, -10))),
    },
    registry: registryYaml(
      'Simulated.',
      players
        .filter(({ credential }) => credential.id !== UNREGISTERED)
        .map(({ credential }) => ({ ...credential, ...rulesFrom(from)[credential.id] })),
    ),
  };
}

const AT_ONCE: readonly AttackKind[] = ['denials', 'errors', 'second-client', 'secret-in-url', 'volume-x50'];

/** Lines of the gateway's log in which agents of `misuse(from)` go wrong at `at`, in order of time. */
export function misuseAt(from: number, at: number): string[] {
  const victims = playersFrom(from).filter(
    ({ server, credential }) => server === 'gateway' && credential.id !== UNREGISTERED,
  );
  const uses = victims.flatMap((principal, index) => {
    const place = deploymentAt(deployments(principal, from, at + DAY), at);
    const kind = AT_ONCE[index % AT_ONCE.length] as AttackKind;
    return ATTACKS[kind]({ agent: principal, place }, at, seeded(`${SEED}/live/${principal.seed}`));
  });
  return renderLog(uses, nginxJson(seeded(`${SEED}/live`)));
}
