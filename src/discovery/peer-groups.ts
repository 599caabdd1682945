/** Who does the same work, told by what it does. */
export interface Worker {
  readonly agent: string;
  readonly slot: string;
  readonly actions: ReadonlyMap<string, number>;
  /** Where a registry has said so. */
  readonly peerGroup?: string;
}

/** Actions from which something can be said. */
const LEAST_ACTIONS = 20;
/** Overlap of two repertoires, 0 … 1, from which they are one kind of work; less is enough where the names differ by their number only. */
const ALIKE = 0.6;
const ALIKE_BY_NAME = 0.25;

/**
 * Agents that do the same with credentials of the same slot; those that are like nobody are left out. The name of a group is what its names have
 * in common.
 * @returns the group of each agent
 */
export function peerGroups(workers: readonly Worker[]): Map<string, string> {
  const groups: Worker[][] = [];
  const byAction = new Map<string, Set<Worker[]>>();
  // Those of a registry come first, so that others join their groups.
  for (const worker of workers.toSorted(knownFirst)) {
    if (total(worker) < LEAST_ACTIONS) continue;
    const actions = [...worker.actions.keys()].map((action) => `${worker.slot} ${action}`);
    const candidates = new Set(actions.flatMap((action) => [...(byAction.get(action) ?? [])]));
    const group = best(worker, candidates) ?? startGroup(groups);
    group.push(worker);
    if (group.length === 1)
      for (const action of actions) byAction.set(action, (byAction.get(action) ?? new Set()).add(group));
  }
  return named(groups);
}

const startGroup = (groups: Worker[][]): Worker[] => {
  const group: Worker[] = [];
  groups.push(group);
  return group;
};

/** Each group stands for its first member, so that a group does not creep from one kind of work to another. */
function best(worker: Worker, groups: Iterable<Worker[]>): Worker[] | undefined {
  let found: Worker[] | undefined;
  let most = 0;
  for (const group of groups) {
    const [first] = group;
    if (first === undefined || saysOther(worker, first)) continue;
    const overlap = overlapOf(worker, first);
    if (overlap > most && overlap >= (stem(worker.agent) === stem(first.agent) ? ALIKE_BY_NAME : ALIKE)) {
      found = group;
      most = overlap;
    }
  }
  return found;
}

const saysOther = (a: Worker, b: Worker): boolean =>
  a.peerGroup !== undefined && b.peerGroup !== undefined && a.peerGroup !== b.peerGroup;

/** Sum of the smaller share of each action. */
function overlapOf(a: Worker, b: Worker): number {
  const [allA, allB] = [total(a), total(b)];
  let sum = 0;
  for (const [action, count] of a.actions) sum += Math.min(count / allA, (b.actions.get(action) ?? 0) / allB);
  return sum;
}

const total = ({ actions }: Worker): number => [...actions.values()].reduce((sum, count) => sum + count, 0);

const knownFirst = (a: Worker, b: Worker): number =>
  Number(b.peerGroup !== undefined) - Number(a.peerGroup !== undefined) || (a.agent < b.agent ? -1 : 1);

/** `support-bot` of `support-bot-17`. */
const stem = (agent: string): string => agent.replace(/[-._]?\d+$/, '');

function named(groups: readonly Worker[][]): Map<string, string> {
  const byAgent = new Map<string, string>();
  const taken = new Set<string>();
  for (const group of groups) {
    const agents = [...new Set(group.map(({ agent }) => agent))];
    const given = group.find(({ peerGroup }) => peerGroup !== undefined)?.peerGroup;
    if (agents.length < 2) continue;
    const name = given ?? unused(common(agents.map(stem)) || `like-${agents[0]}`, taken);
    taken.add(name);
    // An agent belongs to one group, also where its slots would say different ones.
    for (const agent of agents) if (!byAgent.has(agent)) byAgent.set(agent, name);
  }
  return byAgent;
}

const unused = (name: string, taken: ReadonlySet<string>): string => {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return free;
};

/** The words that all of them begin with. */
function common(names: readonly string[]): string {
  const [first = [], ...rest] = names.map((name) => name.split('-'));
  const differs = first.findIndex((word, index) => rest.some((words) => words[index] !== word));
  return first.slice(0, differs < 0 ? first.length : differs).join('-');
}
