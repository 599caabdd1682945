import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { vault as vaultUse } from '../../src/simulate/use.ts';
import { tokenWith } from '../revokers/vault-responder.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import type { VaultServer } from '../servers/vault-client.ts';
import type { AttackRow } from './attack.ts';
import { type Measured, measure } from './measure.ts';
import { historyOf, type Victim, victimOf } from './victim.ts';

const FLOOD = 1_000;
const REPEATS = 40;
const PAYROLL = 'secret/data/payroll';
const POLICY = `
path "secret/data/billing/*" { capabilities = ["read"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/renew-accessor" { capabilities = ["update"] }`;

/** One request to Vault, as an attacker makes it. */
interface Attempt {
  readonly token?: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Planned extends Pick<AttackRow, 'attack' | 'attacker' | 'heldBefore'> {
  readonly attempt: (victim: Victim, thiefToken: string) => Attempt;
  readonly times: number;
}

const stranger = (attack: string, attempt: Planned['attempt'], times = REPEATS): Planned => ({
  ...{ attack, attempt, times, attacker: 'nothing' },
  heldBefore: 'a record without `auth` counted against nobody before',
});
const withToken = (attack: string, attempt: Planned['attempt']): Planned => ({
  ...{ attack, attempt, times: REPEATS, attacker: 'a key' },
  heldBefore: 'the accessor in `auth` is the one of the token that asked, as it was before',
});
const posted = (path: string, body: object, token?: string): Attempt => ({
  ...{ method: 'POST', path, body },
  ...(token === undefined ? {} : { token }),
});

const PLANNED: readonly Planned[] = [
  stranger('a token that is none, a flood', () => ({ token: 'hvs.garbage', path: PAYROLL }), FLOOD),
  stranger('no token', () => ({ path: PAYROLL })),
  stranger("the victim's accessor as the token", ({ identity }) => ({ token: identity, path: PAYROLL })),
  stranger("the victim's accessor in the path", ({ identity }) => ({ token: 'x', path: `secret/data/${identity}` })),
  stranger("the victim's accessor in the body", ({ identity }) =>
    posted('auth/token/lookup-accessor', { accessor: identity }, 'x'),
  ),
  stranger("the victim's accessor as the namespace", ({ identity }) => ({
    ...{ token: 'x', path: PAYROLL, headers: { 'x-vault-namespace': identity } },
  })),
  stranger("the victim's accessor in headers, which the device logs", ({ identity }) => ({
    ...{ token: 'x', path: PAYROLL, headers: { 'user-agent': `x","accessor":"${identity}","y":"` } },
  })),
  stranger("logins by AppRole with the victim's role", ({ agent }) =>
    posted('auth/approle/login', { role_id: `role-of-${agent}`, secret_id: 'wrong' }),
  ),
  stranger("logins with the victim's user name", ({ agent }) =>
    posted(`auth/userpass/login/${agent}`, { password: 'wrong' }),
  ),
  stranger("the victim's accessor as a wrapped token", ({ identity }) =>
    posted('sys/wrapping/unwrap', { token: identity }, identity),
  ),
  withToken("looks the victim's accessor up with a token of its own", ({ identity }, token) =>
    posted('auth/token/lookup-accessor', { accessor: identity }, token),
  ),
  withToken("renews the victim's token by its accessor with a token of its own", ({ identity }, token) =>
    posted('auth/token/renew-accessor', { accessor: identity }, token),
  ),
  withToken("the victim's accessor in the path, with a token of its own", ({ identity }, token) => ({
    ...{ token, path: `secret/data/payroll/${identity}` },
  })),
  withToken('everything of the victim in headers, with a token of its own', ({ identity }, token) => ({
    ...{ token, path: PAYROLL, headers: { 'x-vault-wrap-ttl': '1m', 'user-agent': identity } },
  })),
];

/** As Vaults before 1.10 write a request that they refuse: with an `auth` in which nothing was checked. */
const OLD: Omit<AttackRow, 'findings' | 'responses'> = {
  ...{
    point: 'vault',
    attack: 'a record with an empty `auth` and an error, as old Vaults write it',
    attacker: 'nothing',
  },
  ...{ records: FLOOD, heldBefore: 'it names no accessor' },
};
const oldRecord = (time: number, { identity }: Victim): string =>
  JSON.stringify({
    ...{ time: new Date(time).toISOString(), type: 'response', error: '1 error occurred:\n\t* permission denied\n\n' },
    auth: { client_token: '', accessor: '', display_name: '', policies: null, metadata: null, token_type: 'default' },
    request: { operation: 'read', path: `secret/data/${identity}`, remote_address: '127.0.0.1' },
    response: {},
  });

const SCOPES = { slot: 'vault', kind: 'vault-token', scopes: ['secret/data/billing/*:read'] };
const elsewhere = { ...SCOPES, networks: ['10.4.0.0/16'] };
const here = { ...SCOPES, networks: ['127.0.0.0/8'] };

interface Held {
  readonly victim: Victim;
  readonly token: string;
}

/** A token of Vault, as its accessor is in the registry. */
async function holderOf(vault: VaultServer, name: string, more: typeof elsewhere): Promise<Held> {
  const token = await tokenWith(vault, POLICY);
  const { body } = await vault.call(vault.rootToken, 'POST', 'auth/token/lookup', { token });
  const accessor = String(body?.data?.['accessor']);
  return { token, victim: victimOf(name, accessor, { vault_accessor: accessor }, more) };
}

/** The users and roles that logins name are there. */
async function letLogIn(vault: VaultServer, agents: readonly string[]): Promise<void> {
  const asRoot = (path: string, body: object) => vault.call(vault.rootToken, 'POST', path, body);
  await asRoot('sys/auth/approle', { type: 'approle' });
  await asRoot('sys/auth/userpass', { type: 'userpass' });
  for (const agent of agents) {
    await asRoot(`auth/approle/role/${agent}`, {});
    await asRoot(`auth/approle/role/${agent}/role-id`, { role_id: `role-of-${agent}` });
    await asRoot(`auth/userpass/users/${agent}`, { password: 'right' });
  }
}

const ORDINARY = { templates: [vaultUse('read', 'secret/data/billing/smtp')], client: 'billing-agent/1.4' };

function history(victims: readonly Victim[], now: number): string {
  const ownerOf = (accessor: string) => victims.find(({ identity }) => identity === accessor)?.agent ?? 'unknown';
  const uses = victims.flatMap((victim) => historyOf(victim, { ...ORDINARY, ip: addressOf(victim) }, now));
  const render = vaultAudit(seeded('vault'), ownerOf, new Date(now - 30 * 86_400_000).toISOString());
  return `${renderLog(uses, render).join('\n')}\n`;
}

const addressOf = ({ entry }: Victim): string => (entry.networks === here.networks ? '127.0.0.1' : '10.4.2.7');

async function send(url: string, { token, method = 'GET', path, body, headers }: Attempt): Promise<void> {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    headers: { ...(token === undefined ? {} : { 'x-vault-token': token }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
}

interface Played {
  readonly measured: Measured;
  readonly victims: readonly Victim[];
  readonly thieves: readonly Victim[];
  readonly old: Victim;
  readonly honest: Victim;
  stop(): Promise<void>;
}

async function start(): Promise<Played> {
  const vault = await startVault();
  const folder = mkdtempSync(join(tmpdir(), 'wayward-attacked-vault-'));
  const stop = async () => {
    await vault.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await playOn(vault, folder)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function playOn(vault: VaultServer, folder: string): Promise<Omit<Played, 'stop'>> {
  const now = Date.now();
  const newHolders = (name: string, more: typeof elsewhere) =>
    Promise.all(PLANNED.map((_, index) => holderOf(vault, `${name}-${index}`, more)));
  const victims = await newHolders('victim', elsewhere);
  const thieves = await newHolders('thief', here);
  const old = await holderOf(vault, 'victim-of-an-old-vault', elsewhere);
  const honest = await holderOf(vault, 'honest', here);
  const everybody = [...victims, ...thieves, old, honest].map(({ victim }) => victim);
  await letLogIn(
    vault,
    victims.map(({ victim }) => victim.agent),
  );
  const log = join(folder, 'audit.json');
  writeFileSync(log, history(everybody, now));
  const asRoot = (path: string, body: object) => vault.call(vault.rootToken, 'POST', path, body);
  await asRoot('sys/config/auditing/request-headers/user-agent', { hmac: false });
  await asRoot('sys/audit/file', { type: 'file', options: { file_path: log, hmac_accessor: 'false' } });

  for (const [index, { attempt, times }] of PLANNED.entries()) {
    const [victim, thief] = [victims[index], thieves[index]];
    if (victim === undefined || thief === undefined) throw new Error('each attack has a victim and a thief');
    for (let time = 0; time < times; time++) await send(vault.url, attempt(victim.victim, thief.token));
  }
  const oldRecords = Array.from({ length: FLOOD }, () => oldRecord(Date.now(), old.victim));
  appendFileSync(log, `${oldRecords.join('\n')}\n`);
  await send(vault.url, { token: honest.token, path: PAYROLL });
  const measured = await measure({
    ...{ folder: join(folder, 'wayward'), sources: [{ file: log }], victims: everybody, since: now },
    control: { victim: honest.victim, until: 'revoked' },
  });
  const asVictims = (holders: readonly Held[]) => holders.map(({ victim }) => victim);
  return { measured, victims: asVictims(victims), thieves: asVictims(thieves), old: old.victim, honest: honest.victim };
}

describeWith('Vault: who is believed', start, (played) => {
  for (const [index, { attempt: _, times, ...row }] of PLANNED.entries())
    test(row.attack, ({ task }) => {
      const { measured, victims, thieves } = played();
      const [victim, thief] = [victims[index], thieves[index]];
      if (victim === undefined || thief === undefined) throw new Error('each attack has a victim and a thief');
      const against = measured.against(victim);
      task.meta.attack = { point: 'vault', ...row, records: times, ...against };
      expect(against).toEqual({ findings: 0, responses: 0 });
      expect(measured.against(thief).responses > 0).toBe(row.attacker === 'a key');
    });

  test(OLD.attack, ({ task }) => {
    const against = played().measured.against(played().old);
    task.meta.attack = { ...OLD, ...against };
    expect(against).toEqual({ findings: 0, responses: 0 });
  });

  test('an agent that misuses its own token is found and revoked', ({ task }) => {
    task.meta.control = true;
    const { findings, responses } = played().measured.against(played().honest);
    expect(findings).toBeGreaterThan(0);
    expect(responses).toBeGreaterThan(0);
  });
});
