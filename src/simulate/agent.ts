import type { Result } from '../event.ts';
import {
  chance,
  choice,
  exponential,
  geometric,
  hex,
  integer,
  logNormal,
  pareto,
  pick,
  poisson,
  type Random,
  seeded,
  zipf,
} from './random.ts';
import { DAY, HOUR, runStarts, type Schedule, SECOND } from './schedule.ts';
import { call, type SimulatedUse, type Template } from './use.ts';

/** How all agents of one peer group behave. */
export interface Behaviour {
  readonly schedule: Schedule;
  /** Mean runs a working day; ignored by cron schedules. */
  readonly runsPerDay: number;
  /** Mean calls a run; the lengths are geometric. */
  readonly callsPerRun: number;
  /** What it does, most usual first: the shares follow Zipf's law. */
  readonly repertoire: readonly Template[];
  /** What it does once in some hundred calls. */
  readonly rare: readonly Template[];
  /** New benign actions in the order in which it takes them up. */
  readonly upcoming: readonly Template[];
  /** Mean number of them a day. */
  readonly newActionsPerDay: number;
  /** First two octets of its addresses, such as `10.4`. */
  readonly network: string;
  /** Its user agent without the version. */
  readonly client: string;
  /** Mean days between deployments: a new address in the same network, the next version of the client. */
  readonly daysPerDeployment: number;
}

export interface SimulatedAgent {
  /** Decides everything that is this agent's own. */
  readonly seed: string;
  /** Shared by a peer group: its members are deployed together. */
  readonly groupSeed: string;
  readonly behaviour: Behaviour;
  /** What the log names it by. */
  readonly identity: string;
  /** Its share of work compared with its peers, around 1. */
  readonly rate: number;
}

const RARE_CALL = 1 / 200;
const REPEATED_CALL = 0.5;
const DENIED_CALL = 1 / 1_500;
const FAILED_CALL = 1 / 200;
const RETRY_STORM = 1 / 800;

/** Where an agent runs at some time. */
export interface Deployment {
  readonly from: number;
  readonly ip: string;
  readonly client: string;
}

/** Its deployments from `from` to `to`, the first one already there. */
export function deployments(agent: SimulatedAgent, from: number, to: number): Deployment[] {
  const times = seeded(`${agent.groupSeed}/deployments`);
  const addresses = seeded(`${agent.seed}/addresses`);
  const { network, client, daysPerDeployment } = agent.behaviour;
  const list: Deployment[] = [];
  for (let time = from; time < to; time += Math.max(HOUR, exponential(times, daysPerDeployment * DAY))) {
    const ip = `${network}.${integer(addresses, 0, 255)}.${integer(addresses, 2, 254)}`;
    list.push({ from: time, ip, client: `${client}/1.${4 + list.length}.0` });
  }
  return list;
}

/** The last one that had started by then. */
export const deploymentAt = (list: readonly Deployment[], time: number): Deployment => {
  const current = list.findLast((deployment) => deployment.from <= time) ?? list[0];
  if (current === undefined) throw new RangeError('an agent without deployments');
  return current;
};

/**
 * A benign agent's life: every use of its credential with `from` ≤ time < `to`, in order, a day at a time.
 * Bursty as agents are: runs of geometric length, gaps and sizes by Pareto, better and worse days, loops, retry storms.
 */
export function* life(agent: SimulatedAgent, from: number, to: number): Generator<SimulatedUse> {
  const random = seeded(`${agent.seed}/life`);
  const places = deployments(agent, from, to);
  const habits = newHabits(agent.behaviour);
  const pending: SimulatedUse[] = [];
  // Local dates start up to 14 h before and 12 h after the UTC ones: begin a day early, go on a day longer.
  for (let date = Math.floor(from / DAY) * DAY - DAY; date < to + 2 * DAY; date += DAY) {
    takeUp(habits, poisson(random, agent.behaviour.newActionsPerDay));
    const runs = agent.behaviour.runsPerDay * agent.rate * logNormal(random, 0.25);
    for (const start of runStarts(agent.behaviour.schedule, date, runs, random)) {
      pending.push(...run(agent, habits, deploymentAt(places, start), start, random));
    }
    // Nothing that starts on a later date can come before this.
    const settled = date + DAY - 14 * HOUR;
    pending.sort((a, b) => a.time - b.time);
    const next = pending.findIndex((use) => use.time >= settled);
    const done = pending.splice(0, next < 0 ? pending.length : next);
    for (const use of done) if (use.time >= from && use.time < to) yield use;
  }
}

/** What it does by now. */
interface Habits {
  readonly usual: readonly Template[];
  readonly shares: readonly number[];
  readonly rare: Template[];
  readonly upcoming: Template[];
  /** Taken up today and not yet done. */
  readonly fresh: Template[];
}

const newHabits = (behaviour: Behaviour): Habits => ({
  usual: behaviour.repertoire,
  shares: zipf(behaviour.repertoire.length, 1.1),
  rare: [...behaviour.rare],
  upcoming: [...behaviour.upcoming],
  fresh: [],
});

function takeUp(habits: Habits, count: number): void {
  habits.fresh.push(...habits.upcoming.splice(0, count));
}

/** The next thing to do; agents loop, so often the same as before. */
function nextTemplate(habits: Habits, previous: Template | undefined, random: Random): Template {
  if (previous !== undefined && chance(random, REPEATED_CALL)) return previous;
  const fresh = habits.fresh.pop();
  if (fresh !== undefined) {
    habits.rare.push(fresh);
    return fresh;
  }
  if (habits.rare.length > 0 && chance(random, RARE_CALL)) return choice(random, habits.rare);
  return habits.usual[pick(random, habits.shares)] as Template;
}

/** One run as the agent does it on its first day. */
export const usualRun = (agent: SimulatedAgent, place: Deployment, start: number, random: Random): SimulatedUse[] =>
  run(agent, newHabits(agent.behaviour), place, start, random);

/** One run of calls; ends its session. */
function run(agent: SimulatedAgent, habits: Habits, place: Deployment, start: number, random: Random): SimulatedUse[] {
  const uses: SimulatedUse[] = [];
  const session = `run-${hex(random, 8)}`;
  let time = start;
  let template: Template | undefined;
  const add = (result: Result, from: Template) =>
    uses.push({
      ...call(from, random),
      ...(result === 'success' ? {} : { bytes: from.bytes === 0 ? 0 : 160, rows: 0 }),
      time: Math.round(time),
      result,
      ip: place.ip,
      client: place.client,
      identity: agent.identity,
      session,
      endsSession: false,
    });
  const calls = geometric(random, agent.behaviour.callsPerRun);
  for (let i = 0; i < calls; i += 1) {
    template = nextTemplate(habits, template, random);
    if (chance(random, RETRY_STORM)) {
      for (let retry = integer(random, 5, 50); retry > 0; retry -= 1) {
        add('error', template);
        time += exponential(random, 0.7 * SECOND) + 20;
      }
    }
    add(chance(random, DENIED_CALL) ? 'denied' : chance(random, FAILED_CALL) ? 'error' : 'success', template);
    time += pareto(random, 0.12 * SECOND, 0.9, 300 * SECOND);
  }
  const last = uses.pop() as SimulatedUse;
  return [...uses, { ...last, endsSession: true }];
}
