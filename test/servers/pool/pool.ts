/** A server that one suite after the other can have. */
export interface Lendable {
  /** What a worker needs to reach it; goes over the wire as JSON. */
  readonly address: object;
  /** Removes what its last user made there; rejects where it can't. */
  clean(): Promise<void>;
  stop(): Promise<void>;
}

export interface Loan {
  readonly address: object;
  giveBack(): void;
}

/** How often each was started and lent, by kind. */
export type PoolFigures = Readonly<Record<string, { readonly started: number; readonly lent: number }>>;

/**
 * Servers that outlive the suites that use them: each is lent to one suite at a time, and cleaned before the next one gets it.
 * A kind is started when it is asked for and none is free, so there are never more than are used at once.
 */
export class ServerPool<Kind extends string> {
  readonly #starts: Readonly<Record<Kind, () => Promise<Lendable>>>;
  readonly #warn: (message: string) => void;
  readonly #idle: Record<string, Lendable[]> = {};
  readonly #cleaning: Record<string, Set<Promise<void>>> = {};
  readonly #figures: Record<string, { started: number; lent: number }> = {};
  readonly #running = new Set<Lendable>();
  readonly #beginning = new Set<Promise<Lendable>>();
  #isOver = false;

  constructor(starts: Readonly<Record<Kind, () => Promise<Lendable>>>, warn: (message: string) => void) {
    this.#starts = starts;
    this.#warn = warn;
  }

  get figures(): PoolFigures {
    return this.#figures;
  }

  async lend(kind: Kind): Promise<Loan> {
    const server = await this.#free(kind);
    this.#figuresOf(kind).lent++;
    let isBack = false;
    return {
      address: server.address,
      giveBack: () => {
        if (isBack || this.#isOver) return;
        isBack = true;
        const cleaning = this.#takeBack(kind, server).finally(() => this.#cleaning[kind]?.delete(cleaning));
        this.#cleaning[kind] = (this.#cleaning[kind] ?? new Set()).add(cleaning);
      },
    };
  }

  /** Ends all of them, lent or not, once those that are starting have started. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#beginning);
    await Promise.all([...this.#running].map((server) => server.stop()));
  }

  async #free(kind: Kind): Promise<Lendable> {
    for (;;) {
      if (this.#isOver) throw new Error('the run is over');
      const idle = this.#idle[kind]?.pop();
      if (idle !== undefined) return idle;
      const cleanings = this.#cleaning[kind];
      if (cleanings === undefined || cleanings.size === 0) return this.#start(kind);
      await Promise.race(cleanings); // sooner there than a new one
    }
  }

  async #start(kind: Kind): Promise<Lendable> {
    const beginning = this.#starts[kind]();
    this.#beginning.add(beginning);
    try {
      const server = await beginning;
      this.#running.add(server);
      this.#figuresOf(kind).started++;
      return server;
    } finally {
      this.#beginning.delete(beginning);
    }
  }

  async #takeBack(kind: Kind, server: Lendable): Promise<void> {
    try {
      await server.clean();
      this.#idle[kind] = [...(this.#idle[kind] ?? []), server];
    } catch (error) {
      if (this.#isOver) return; // it was stopped meanwhile
      this.#warn(`${kind} could not be cleaned, and the next suite gets a new one: ${error}`);
      this.#running.delete(server);
      await server.stop();
    }
  }

  #figuresOf(kind: Kind): { started: number; lent: number } {
    const figures = this.#figures[kind] ?? { started: 0, lent: 0 };
    this.#figures[kind] = figures;
    return figures;
  }
}
