import { chance, choice, geometric, integer, logNormal, pareto, type Random, seeded, uuid } from '../random.ts';
import { call, http, type SimulatedUse, sql, type Template, vault } from '../use.ts';
import { RESOURCES, TASK_SHAPES } from './task-shapes.ts';
import type { System } from './world.ts';

/** One call of a task, and how often it comes. */
export interface Step {
  readonly template: Template;
  /** Mean number of repetitions, geometric; 1 where it comes once. */
  readonly times: number;
  /** How likely it comes at all. */
  readonly chance: number;
  /** The same call for the next page, without thinking in between. */
  readonly pages: boolean;
}

/** What an agent does when it is asked for something: a small graph of calls. */
export interface Task {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** The tasks of a group: shapes that agents have, over the objects that this group is about; another seed, others. */
export function tasksOf(seed: string, system: System, count: number, version = 'v1'): Task[] {
  const random = seeded(`${seed}/tasks`);
  const names = [...RESOURCES].sort();
  const own = Array.from(
    { length: count + 2 },
    () => names.splice(integer(random, 0, names.length - 1), 1)[0] as string,
  );
  return Array.from({ length: count }, (_, index) => {
    const shape = choice(random, TASK_SHAPES[system]);
    const [subject, other] = [own[index] as string, own[index + 1 + (index % 2)] as string];
    const weight = logNormal(random, 0.6);
    const steps = shape.steps.map((step) => ({
      template: template(
        system,
        step.call.replaceAll('$R', subject).replaceAll('$S', other).replace('/v1/', `/${version}/`),
        (step.size ?? 1) * weight,
      ),
      times: step.times ?? 1,
      chance: step.chance ?? 1,
      pages: step.pages ?? false,
    }));
    return { name: `${shape.name} ${subject}`, steps };
  });
}

function template(system: System, written: string, size: number): Template {
  if (system === 'http') return http(written, Math.round(size));
  if (system === 'sql') {
    const [tables = '', statement = ''] = written.split(': ');
    return sql(tables, statement, Math.max(1, Math.round(size)));
  }
  const [operation = 'read', path = ''] = written.split(' ');
  return vault(operation as 'read', path);
}

/** Where an agent runs, and what it is then. */
export interface Place {
  readonly ip: string;
  readonly client: string;
}

export interface Circumstances {
  readonly identity: string;
  /** Times as many rows or bytes an answer. */
  readonly size: number;
  /** Whether nearly everything fails at this time. */
  readonly fails: (time: number) => boolean;
}

const FAILED_CALL = 1 / 150;
const DENIED_CALL = 1 / 4_000;
/** A model thinks for seconds between calls; milliseconds. */
const THINKING = 1_800;
const NEXT_PAGE = 350;

/** One task from its first call to its last; what fails is tried again, waiting twice as long each time. */
export function perform(
  task: Task,
  start: number,
  place: Place,
  { identity, size, fails }: Circumstances,
  random: Random,
): SimulatedUse[] {
  const uses: SimulatedUse[] = [];
  const session = `task-${uuid(random).slice(0, 13)}`;
  let time = start;
  const add = (from: Template, result: 'success' | 'error' | 'denied'): void => {
    const made = call(from, random);
    const failed = result !== 'success';
    uses.push({
      ...made,
      bytes: failed ? Math.min(made.bytes, 160) : Math.round(made.bytes * size),
      rows: failed ? 0 : Math.round(made.rows * size),
      time: Math.round(time),
      result,
      ip: place.ip,
      client: place.client,
      identity,
      session,
      endsSession: false,
    });
  };
  for (const step of task.steps) {
    if (!chance(random, step.chance)) continue;
    const times = step.times === 1 ? 1 : geometric(random, step.times);
    for (let i = 0; i < Math.min(times, 400); i += 1) {
      let wait = 1_000;
      for (let attempt = 0; attempt < 6 && chance(random, fails(time) ? 0.93 : FAILED_CALL); attempt += 1) {
        add(step.template, 'error');
        time += wait * (0.75 + random() / 2);
        wait *= 2;
      }
      add(step.template, fails(time) ? 'error' : chance(random, DENIED_CALL) ? 'denied' : 'success');
      time += step.pages
        ? NEXT_PAGE * logNormal(random, 0.5)
        : Math.min(240_000, THINKING * logNormal(random, 1.1)) + pareto(random, 20, 1, 60_000);
    }
  }
  const last = uses.pop();
  return last === undefined ? [] : [...uses, { ...last, endsSession: true }];
}
