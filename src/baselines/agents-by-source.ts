const DAY = 86_400_000;
/** How long the stream must have been known before who is new at a place means anything, milliseconds. */
const KNOWN_AFTER = 3 * DAY;
/** Agents, and groups among them, that are new at one source within a day: one alone has moved, and a group moves together. */
const [SEVERAL, GROUPS] = [2, 2];
/** Addresses of one agent within a network; more say nothing. */
const MOST_SOURCES = 8;
/** Agents in all networks together; the network unused longest goes first. */
const MOST_AGENTS = 10_000;
const MOST_IN_NETWORK = 500;

interface Agent {
  readonly group: string;
  /** Event time of its first use from this network, milliseconds. */
  first: number;
  readonly sources: string[];
}

export interface SavedAgents {
  /** Event time at which the stream began, milliseconds; null before it. */
  readonly since: number | null;
  readonly networks: readonly (readonly [network: string, agents: readonly (readonly [name: string, Agent])[]])[];
}

/** Agents that came to one source together, from elsewhere. */
export interface ManyAgents {
  readonly network: string;
  readonly source: string;
  readonly agents: readonly string[];
}

/**
 * Which agents are used from a network and an address in it. It knows who was there and when first, and nothing of how often: so it does not
 * matter whether it is told of each use or of the first ones, nor how often of those.
 */
export class AgentsBySource {
  readonly #networks = new Map<string, Map<string, Agent>>();
  #since = Number.POSITIVE_INFINITY;
  #count = 0;

  /** The stream has events from this time on (milliseconds). */
  began(time: number): void {
    if (time < this.#since) this.#since = time;
  }

  /** Takes a use at `time`; tells where it is the one that makes several agents come to its source together. */
  note(network: string, source: string, agent: string, group: string, time: number): ManyAgents | undefined {
    const agents = this.#networks.get(network) ?? new Map<string, Agent>();
    // Deleted first, so that the map stays in order of last use.
    this.#networks.delete(network);
    this.#networks.set(network, agents);
    const known = agents.get(agent) ?? this.#admit(agents, agent, group, time);
    if (known === undefined) return undefined;
    known.first = Math.min(known.first, time);
    if (known.sources.includes(source) || known.sources.length >= MOST_SOURCES) return undefined;
    known.sources.push(source);
    return time - this.#since < KNOWN_AFTER ? undefined : togetherAt(network, source, agents, time);
  }

  #admit(agents: Map<string, Agent>, name: string, group: string, time: number): Agent | undefined {
    if (agents.size >= MOST_IN_NETWORK) return undefined;
    const agent = { group, first: time, sources: [] };
    agents.set(name, agent);
    this.#count++;
    for (const [network, { size }] of this.#networks) {
      if (this.#count <= MOST_AGENTS) break;
      this.#networks.delete(network);
      this.#count -= size;
    }
    return agent;
  }

  save(): SavedAgents {
    return {
      since: Number.isFinite(this.#since) ? this.#since : null,
      networks: [...this.#networks].map(
        ([network, agents]) =>
          [
            network,
            [...agents].map(([name, agent]) => [name, { ...agent, sources: [...agent.sources] }] as const),
          ] as const,
      ),
    };
  }

  load({ since, networks }: SavedAgents): void {
    this.#since = since ?? Number.POSITIVE_INFINITY;
    this.#networks.clear();
    this.#count = 0;
    for (const [network, agents] of networks) {
      this.#networks.set(
        network,
        new Map(agents.map(([name, agent]) => [name, { ...agent, sources: [...agent.sources] }])),
      );
      this.#count += agents.length;
    }
  }
}

/** Where as many were before, newcomers are no news. */
const togetherAt = (
  network: string,
  source: string,
  agents: ReadonlyMap<string, Agent>,
  time: number,
): ManyAgents | undefined => {
  const there = [...agents].filter(([, { sources }]) => sources.includes(source));
  const fresh = there.filter(([, { first }]) => time - first < DAY);
  const groups = new Set(fresh.map(([, { group }]) => group));
  if (fresh.length < SEVERAL || groups.size < GROUPS || fresh.length <= there.length - fresh.length) return undefined;
  return { network, source, agents: fresh.map(([name]) => name).toSorted() };
};
