import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sql } from '../../src/simulate/use.ts';
import { run } from '../cli/run.ts';
import { describeWith } from '../servers/require-server.ts';
import { type Measured, measure } from './measure.ts';
import { CLAIMS } from './postgres/claims.ts';
import { INNOCENT } from './postgres/innocent.ts';
import { cutLog, LOGS, type LogName, settle, writeHistory } from './postgres/logs.ts';
import { APPLICATION, MALLORY, type PostgresAttack, type PostgresPlace, startPlace } from './postgres/place.ts';
import { RAISED } from './postgres/raised.ts';
import { markOf, STATEMENT_LINES, STATEMENTS } from './postgres/statements.ts';
import { STDERR_LINES } from './postgres/stderr-lines.ts';
import { historyOf, type Victim, victimOf } from './victim.ts';

const ATTACKS = [...CLAIMS, ...STDERR_LINES, ...STATEMENT_LINES, ...RAISED, ...INNOCENT];
/** Of an alert that rests on what the server's log declares and does not prove, at most. */
const DECLARED_CONFIDENCE = 0.7;
const FRESH = 'csvlog that begins with the statement';
/** The logs, and whom to look for in each. */
const IN_LOG = {
  jsonlog: [...CLAIMS, ...RAISED, ...INNOCENT],
  csvlog: [...CLAIMS, ...RAISED, ...INNOCENT],
  stderr: [...CLAIMS, ...STDERR_LINES, ...RAISED, ...INNOCENT],
  [FRESH]: STATEMENT_LINES,
} as const satisfies Record<LogName | typeof FRESH, readonly PostgresAttack[]>;
type Name = keyof typeof IN_LOG;
const NAMES = Object.keys(IN_LOG) as Name[];

/** What each victim does all day. */
const ORDINARY = {
  templates: [
    sql('public.invoices', 'SELECT id, total FROM invoices WHERE id = $1', 1),
    sql('public.customers', 'SELECT name FROM customers WHERE id = $1', 1),
    sql('public.payments', 'INSERT INTO payments VALUES ($1, 1)', 1),
    sql('', 'SELECT now()', 1),
  ],
  ip: '127.0.0.1',
  client: APPLICATION,
};
const SCOPES = ['SELECT', 'SELECT public.invoices', 'SELECT public.customers', 'INSERT public.payments'];

/** The log may call it by its role, and what a log of another system would call it is the same. */
const newVictim = (name: string, role: string): Victim =>
  victimOf(
    name,
    role,
    { db_user: role, credential_id: role, vault_accessor: role },
    {
      ...{ slot: 'postgres', kind: 'database-role', scopes: SCOPES, networks: ['127.0.0.1/32'] },
    },
  );

const victims = new Map(ATTACKS.map((attack, at) => [attack, newVictim(`victim-${at}`, `v${at}`)]));
const CONTROL = newVictim('honest-agent', 'c1');
const victimOfAttack = (attack: PostgresAttack): Victim => {
  const found = victims.get(attack);
  if (found === undefined) throw new TypeError('every attack has a victim');
  return found;
};

interface Outcome {
  readonly records: ReadonlyMap<PostgresAttack, number>;
  readonly measured: Readonly<Record<Name, Measured>>;
  readonly place: PostgresPlace;
  readonly cuts: ReadonlyMap<string, readonly string[]>;
  stop(): Promise<void>;
}

/** All attacks on one server, one after the other; then a `wayward run` on each of its logs. */
async function start(): Promise<Outcome> {
  const place = await startPlace([...victims.values(), CONTROL].map(({ identity }) => identity));
  const folder = mkdtempSync(join(tmpdir(), 'wayward-attacks-'));
  const stop = async () => {
    await place.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    const since = Date.now();
    const records = new Map<PostgresAttack, number>();
    for (const attack of ATTACKS) {
      records.set(attack, await attack.run(place, victimOfAttack(attack).identity));
    }
    await place.as(CONTROL.identity, (own) => own.query(`SELECT number FROM payment_cards ${markOf('control')} */`));
    await settle(place);

    const watch = async (name: Name, log: LogName, files: readonly string[]): Promise<Measured> => {
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      const victims = [...IN_LOG[name].map(victimOfAttack), CONTROL];
      const uses = victims.flatMap((victim) => historyOf(victim, ORDINARY, since));
      writeHistory(join(own, 'history.log'), uses, log);
      return measure({
        ...{ folder: own, victims, since },
        sources: [{ file: 'history.log', follow: false }, ...files.map((file) => ({ file }))],
        control: { victim: CONTROL, until: LOGS[log].proves ? 'revoked' : 'found' },
      });
    };
    const cuts = cutLog(place, [...STATEMENT_LINES.map(({ attack }) => attack), 'control'], join(folder, 'cuts'));
    const logOf = (log: LogName) => watch(log, log, [place.logs[LOGS[log].file]]);
    const [jsonlog, csvlog] = await Promise.all([logOf('jsonlog'), logOf('csvlog')]);
    const [stderr, fresh] = await Promise.all([logOf('stderr'), watch(FRESH, 'csvlog', [...cuts.values()].flat())]);
    return { records, measured: { jsonlog, csvlog, stderr, [FRESH]: fresh }, place, cuts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

describeWith('a PostgreSQL that is attacked', start, (outcome) => {
  for (const log of NAMES) {
    test.for(IN_LOG[log].map((attack) => ({ ...attack, of: attack })))(
      `point $point, ${log}: $attack`,
      async ({ of: attack }, { task }) => {
        const { measured, records } = outcome();
        const victim = victimOfAttack(attack);
        const { findings, responses } = measured[log].against(victim, attack.point === 7 ? 'medium' : 'low');
        const { point, attacker, heldBefore } = attack;
        task.meta.attack = {
          ...{ point, attack: attack.attack, log, attacker, records: records.get(attack) ?? 0, findings, responses },
          ...(heldBefore === undefined ? {} : { heldBefore }),
        };
        expect(responses).toBe(0);
        if (log === 'stderr' && attack.mayBeFound !== undefined)
          for (const alert of measured[log].alerts(victim))
            expect(alert.attribution.confidence).toBeLessThanOrEqual(DECLARED_CONFIDENCE);
        else expect(findings).toBe(0);
        if (log === FRESH) expect(await usesOfMallory(attack)).toEqual([STATEMENTS, STATEMENTS]);
        else if (attack.own !== undefined) expect(await ownUses(attack, attack.own, log)).toEqual(attack.own);
      },
    );
  }

  /** What `wayward parse` makes of the victim's own statements. */
  async function ownUses(attack: PostgresAttack, { action }: { action: string }, log: LogName) {
    const { identity } = victimOfAttack(attack);
    const { place } = outcome();
    const events = await eventsOf(place.logs[LOGS[log].file]);
    const own = events.filter((event) => event.event.action === action && namesRole(event, identity));
    return {
      action,
      uses: own.reduce((sum, { wayward }) => sum + wayward.uses, 0),
      rows: own.reduce((sum, { wayward }) => sum + (wayward.db?.rows ?? 0), 0),
    };
  }

  /** The attacker hides nothing of what it did itself, whichever name the file has. */
  async function usesOfMallory({ attack }: PostgresAttack): Promise<number[]> {
    const files = outcome().cuts.get(attack) ?? [];
    return Promise.all(
      files.map(async (file) => {
        const own = (await eventsOf(file)).filter((event) => namesRole(event, MALLORY));
        return own.reduce((sum, { wayward }) => sum + wayward.uses, 0);
      }),
    );
  }

  test.for(NAMES)('an honest agent that misuses its own role is found: %s', (log, { task }) => {
    task.meta.control = true;
    const { findings, responses } = outcome().measured[log].against(CONTROL, 'high');
    expect(findings).toBe(1);
    expect(responses).toBe(log === FRESH || LOGS[log].proves ? 1 : 0);
  });
});

interface Event {
  readonly event: { readonly action: string };
  readonly wayward: {
    readonly uses: number;
    readonly db?: { readonly rows?: number };
    readonly identities?: readonly { readonly value: string }[];
  };
}

const namesRole = ({ wayward }: Event, role: string): boolean =>
  wayward.identities?.some(({ value }) => value === role) ?? false;

async function eventsOf(file: string): Promise<Event[]> {
  const lines = (await run(['parse', file])).stdout.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
