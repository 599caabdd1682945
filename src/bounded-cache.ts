/**
 * Remembers at most twice `size` answers in two generations: when the young one is full it becomes the old one and
 * the oldest are forgotten. Constant time; a flood of new keys costs no more memory than this.
 */
export class BoundedCache<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** How many answers it holds. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
