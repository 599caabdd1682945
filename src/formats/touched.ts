/** What a parsed statement does to what: gathered while it is walked. */
export class Touched {
  readonly #made: string[] = [];
  readonly #read = new Set<string>();
  readonly #called = new Set<string>();
  readonly #perhaps = new Set<string>();
  readonly #written = new Map<string, string>();
  #verb: string | undefined;

  /** The verb as pgaudit has it, such as `COPY FROM`; undefined where the beginning of the statement says it all. */
  get verb(): string | undefined {
    return this.#verb;
  }

  /** What a query inside writes: `DELETE` of `WITH gone AS (DELETE …) SELECT …`. */
  get written(): readonly (readonly [object: string, verb: string])[] {
    return [...this.#written];
  }

  /** First what is made or written, then what is read, then what is called, each by name. */
  get objects(): readonly string[] {
    const relations = [...this.#made, ...this.#written.keys(), ...[...this.#read].sort()];
    const called = new Set([...this.#called, ...(relations.length === 0 ? this.#perhaps : [])]);
    return [...new Set([...relations, ...[...called].sort()])];
  }

  as(verb: string): this {
    this.#verb = verb;
    return this;
  }

  make(object: string): void {
    this.#made.push(object);
  }

  read(object: string): void {
    this.#read.add(object);
  }

  call(routine: string): void {
    this.#called.add(routine);
  }

  /** A function of an extension as like as not: beside tables it tells nothing. */
  mayCall(routine: string): void {
    this.#perhaps.add(routine);
  }

  write(verb: string, object: string): void {
    if (!this.#written.has(object)) this.#written.set(object, verb);
  }
}
