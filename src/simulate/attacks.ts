import { type Deployment, type SimulatedAgent, usualRun } from './agent.ts';
import { choice, exponential, hex, pareto, type Random, uniform } from './random.ts';
import { activeMinutes, HOUR, MINUTE, SECOND } from './schedule.ts';
import { forbidden, probes, TREASURE, wipe } from './targets.ts';
import { call, type SimulatedUse, type Template } from './use.ts';

/** Whose credential is misused, and where the real agent runs meanwhile. */
export interface Victim {
  readonly agent: SimulatedAgent;
  readonly place: Deployment;
}

/** The uses that one attack adds to its victim's life, beginning at `at`, in order. */
type Attack = (victim: Victim, at: number, random: Random) => SimulatedUse[];

/** Uses of one session, each so many milliseconds after the one before. */
function session(
  victim: Victim,
  at: number,
  random: Random,
  count: number,
  gap: () => number,
  use: (index: number) => { template: Template } & Partial<SimulatedUse>,
): SimulatedUse[] {
  const name = `run-${hex(random, 8)}`;
  let time = at;
  return Array.from({ length: count }, (_, index) => {
    const { template, ...changed } = use(index);
    const failed = changed.result !== undefined && changed.result !== 'success';
    const made: SimulatedUse = {
      ...call(template, random),
      ...(failed ? { bytes: template.bytes === 0 ? 0 : 160, rows: 0 } : {}),
      time: Math.round(time),
      result: 'success',
      ip: victim.place.ip,
      client: victim.place.client,
      identity: victim.agent.identity,
      session: name,
      endsSession: index === count - 1,
      ...changed,
    };
    time += gap();
    return made;
  });
}

const usual = (victim: Victim): Template => victim.agent.behaviour.repertoire[0] as Template;

/** Mean runs and calls an hour of its working time. */
function usualHour({ agent: { behaviour, rate } }: Victim): { runs: number; calls: number } {
  const { schedule } = behaviour;
  const perDay = schedule.kind === 'cron' ? 1_440 / schedule.everyMinutes : behaviour.runsPerDay * rate;
  const runs = (perDay * 60) / activeMinutes(schedule);
  return { runs, calls: runs * behaviour.callsPerRun };
}

/** Fifty times for five minutes what it does in those five minutes in which it does anything at all. */
const volume: Attack = (victim, at, random) => {
  const { runs, calls } = usualHour(victim);
  const sharePerWindow = 1 - Math.exp(-runs / 12); // runs begin as in a Poisson process
  const count = Math.round((50 * calls) / 12 / sharePerWindow);
  const { repertoire } = victim.agent.behaviour;
  const gap = () => exponential(random, (5 * MINUTE) / count);
  return session(victim, at, random, count, gap, () => ({ template: choice(random, repertoire) })).filter(
    (use) => use.time < at + 5 * MINUTE,
  );
};

/** An hour of work has a run in each third of it; a single one would be a short burst. */
const THIRDS = 3;

/** One hour at the usual daytime rate, when it should sleep. */
const nightHour: Attack = (victim, at, random) => {
  const calls = Math.max(12, Math.round(usualHour(victim).calls));
  const uses: SimulatedUse[] = [];
  for (let runs = 0; uses.length < calls || runs < THIRDS; runs += 1) {
    const [from, to] = runs < THIRDS ? [runs / THIRDS, (runs + 0.9) / THIRDS] : [0, 0.9];
    const start = runs === 0 ? at : at + Math.round(uniform(random, HOUR * from, HOUR * to));
    uses.push(...usualRun(victim.agent, victim.place, start, random).filter((use) => use.time < at + HOUR));
  }
  return uses.sort((a, b) => a.time - b.time);
};

/** One short run at night: unusual, and nothing to wake anybody for. */
const nightBurst: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    8,
    () => pareto(random, 0.2 * SECOND, 1, 20 * SECOND),
    () => ({ template: usual(victim) }),
  );

/** The first destructive statement of an agent that only ever read and wrote. */
const dropTable: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    1,
    () => 0,
    () => ({ template: wipe(usual(victim)) }),
  );

/** Two hundred denials in a row, after a login that worked. */
const denials: Attack = (victim, at, random) => {
  const doors = probes(usual(victim));
  const gap = () => exponential(random, 0.6 * SECOND) + 30;
  return session(victim, at, random, 201, gap, (index) =>
    index === 0 ? { template: usual(victim) } : { template: choice(random, doors), result: 'denied' },
  );
};

/** Half an hour from another network with another client, doing what the agent does, while the agent goes on. */
const secondClient: Attack = (victim, at, random) => {
  const { repertoire } = victim.agent.behaviour;
  const client = usual(victim).action.kind === 'sql' ? 'psql' : 'python-requests/2.32.3';
  const thief = { ip: '198.51.100.23', client };
  const gap = () => exponential(random, 30 * SECOND);
  return session(victim, at, random, 60, gap, () => ({ template: choice(random, repertoire.slice(0, 4)), ...thief }));
};

/** Five thousand errors in a row: a loop that never gives up. */
const errors: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    5_000,
    () => exponential(random, 0.1 * SECOND) + 10,
    () => ({ template: usual(victim), result: 'error' }),
  );

/** One object after the other for twenty hours, slower than any rate limit. */
const crawl: Attack = (victim, at, random) => {
  const { repertoire } = victim.agent.behaviour;
  const template = repertoire.find(({ action }) => action.kind === 'http' && action.path.includes('{id}'));
  const gap = () => uniform(random, 25 * SECOND, 55 * SECOND);
  return session(victim, at, random, 1_800, gap, (index) => ({ template: numbered(template ?? usual(victim), index) }));
};

/** Reads a table that it never touched, page by page, and then the whole of it. */
const copyTable: Attack = (victim, at, random) => {
  const { page, whole, pages } = TREASURE[usual(victim).action.kind];
  const gap = () => exponential(random, 2 * SECOND) + 200;
  return session(victim, at, random, pages + 1, gap, (index) => ({ template: index < pages ? page : whole }));
};

/** A shape that any secret scanner knows, with content that anybody can see is made up. */
const FAKE_JWT = [
  JSON.stringify({ alg: 'HS256', typ: 'JWT' }),
  JSON.stringify({ sub: 'simulated', note: 'not a secret' }),
]
  .map((part) => Buffer.from(part).toString('base64url'))
  .concat('FAKE-FAKE-FAKE-FAKE-FAKE-FAKE-FAKE-FAKE-FAK')
  .join('.');

/** Puts its token into the address of a request, where every log on the way keeps it. */
const secretInUrl: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    3,
    () => 2 * SECOND,
    () => {
      const template = usual(victim);
      const { action } = template;
      if (action.kind !== 'http') throw new TypeError('only a request has an address');
      return { template: { ...template, action: { ...action, args: `access_token=${FAKE_JWT}` } } };
    },
  );

/** A credential that the server accepts and the registry does not know. */
const unknownKey: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    30,
    () => exponential(random, 4 * SECOND),
    () => ({ template: usual(victim), identity: 'cred-loadtest-tmp', ip: '10.99.3.17', client: 'k6/0.54.0' }),
  );

/** Something that worked and that its declared scopes don't have. */
const outOfScope: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    4,
    () => 3 * SECOND,
    () => ({ template: forbidden(usual(victim)) }),
  );

/** A stranger names the agent and fails to log in: nothing that may count against the agent. */
const forgedClaims: Attack = (victim, at, random) =>
  session(
    victim,
    at,
    random,
    150,
    () => exponential(random, SECOND),
    () => ({ template: usual(victim), result: 'rejected', ip: '203.0.113.66', client: 'curl/8.5.0' }),
  ).map((use, index) => ({ ...use, session: `${use.session}-${index}` }));

function numbered(template: Template, index: number): Template {
  const { action } = template;
  if (action.kind !== 'http') return template;
  return { ...template, action: { ...action, path: action.path.replace('{id}', String(10_000 + index)) } };
}

export const ATTACKS = {
  'volume-x50': volume,
  'night-hour': nightHour,
  'night-burst': nightBurst,
  'drop-table': dropTable,
  denials,
  'second-client': secondClient,
  errors,
  crawl,
  'copy-table': copyTable,
  'secret-in-url': secretInUrl,
  'unknown-key': unknownKey,
  'out-of-scope': outOfScope,
  'forged-claims': forgedClaims,
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackKind = keyof typeof ATTACKS;
