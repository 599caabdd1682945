import { exponential, pareto, type Random, uuid } from '../../random.ts';
import { MINUTE } from '../../schedule.ts';
import { call, type SimulatedUse, type Template } from '../../use.ts';
import type { Place } from '../tasks.ts';
import type { Strength, System, WorldAgent } from '../world.ts';

/** What an attacker finds: the stolen credential, whose it is, and what it usually does. */
export interface Scene {
  readonly agent: WorldAgent;
  /** When it begins, UTC. */
  readonly at: number;
  readonly strength: Strength;
  readonly random: Random;
  /** Where the victim runs at that time, and what the log names. */
  readonly place: Place;
  readonly identity: string;
  /** What the victim did on a working day around then, in order: real calls, and their number. */
  readonly day: readonly SimulatedUse[];
  /** Calls that agents of other groups make on the same kind of server. */
  readonly strangers: readonly Template[];
  /** One of its own tasks, from start to end, at a time. */
  readonly task: (start: number) => SimulatedUse[];
  /** Somewhere that is nobody's; the same for all victims of one theft. */
  readonly elsewhere: Place;
}

/** When an attack begins. */
export type When =
  /** While the victim works. */
  | 'working'
  /** Between one and four at night, in its zone. */
  | 'night'
  /** On a Saturday or Sunday, by day, in its zone. */
  | 'weekend'
  /** Hours away from its job. */
  | 'other-hour'
  /** In its longest pause of that day. */
  | 'pause'
  /** Early, so that a whole day or more is left. */
  | 'morning';

export const SYSTEMS: readonly System[] = ['http', 'sql', 'vault'];

/** Archetypes whose agents do varied work on every working day. */
export const STEADY = [
  'office',
  'office-new-york',
  'office-kolkata',
  'always-on',
  'retriever',
  'pods',
  'functions',
  'broker',
] as const;

/** One entry is one way to misuse a credential. */
export interface AttackClass {
  readonly id: string;
  readonly about: string;
  readonly systems: readonly System[];
  /** Archetypes that can be a victim; all that use the system where absent. */
  readonly archetypes?: readonly string[];
  readonly when: When;
  /** Days that it needs; 1 where absent. */
  readonly days?: number;
  /** Agents that it hits at once, of different groups; 1 where absent. */
  readonly victims?: number;
  readonly act: (scene: Scene) => SimulatedUse[];
}

interface Overrides {
  readonly place?: Place;
  readonly result?: SimulatedUse['result'];
  readonly rows?: number;
  readonly bytes?: number;
}

/** Calls one after the other; `gap` is the mean in milliseconds. */
export function calls(
  scene: Scene,
  count: number,
  gap: number,
  template: (index: number) => Template,
  over: Overrides = {},
): SimulatedUse[] {
  const { random, at, place, identity } = scene;
  const session = `task-${uuid(random).slice(0, 13)}`;
  let time = at;
  return Array.from({ length: count }, (_, index) => {
    const made = call(template(index), random);
    const { ip, client } = over.place ?? place;
    const result = over.result ?? 'success';
    const use = {
      action: made.action,
      bytes:
        result === 'success'
          ? over.bytes === undefined
            ? made.bytes
            : Math.round(pareto(random, over.bytes * 0.7, 2.5, over.bytes * 5))
          : Math.min(made.bytes, 160),
      rows:
        result === 'success'
          ? over.rows === undefined
            ? made.rows
            : Math.round(pareto(random, over.rows * 0.7, 2.5, over.rows * 5))
          : 0,
      time: Math.round(time),
      ...{ result, ip, client, identity, session },
      endsSession: index === count - 1,
    };
    time += exponential(random, gap) + 15;
    return use;
  });
}

/** By how much the careful attacker does less. */
export const either = <T>({ strength }: Scene, loud: T, careful: T): T => (strength === 'loud' ? loud : careful);

/** Its own templates, the most usual first. */
export const ownTemplates = ({ agent }: Scene): Template[] =>
  agent.tasks.flatMap(({ steps }) => steps.map(({ template }) => template));

/** Its most usual call that reads. */
export function reads(scene: Scene): Template {
  const own = ownTemplates(scene);
  const isRead = ({ action }: Template): boolean =>
    action.kind === 'http'
      ? action.method === 'GET'
      : action.kind === 'sql'
        ? action.class === 'READ'
        : action.operation === 'read';
  return own.find(isRead) ?? (own[0] as Template);
}

/** Its own tasks one after the other until so many calls are made. */
export function ownWork(scene: Scene, wanted: number, pause: number): SimulatedUse[] {
  const uses: SimulatedUse[] = [];
  let start = scene.at;
  while (uses.length < wanted) {
    const task = scene.task(start);
    uses.push(...task);
    start = (task.at(-1)?.time ?? start) + exponential(scene.random, pause);
    if (task.length === 0) start += MINUTE;
  }
  return uses.slice(0, wanted).map((use) => ({ ...use, identity: scene.identity }));
}

/** The same uses, from another place. */
export const from = (place: Place, uses: readonly SimulatedUse[]): SimulatedUse[] =>
  uses.map((use) => ({ ...use, ...place }));
