/** Where a secret stands in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly secret: string;
}

/** The secrets that one way to look for them has found, in order; no more than it was asked for. */
export class Spans {
  readonly list: Span[] = [];
  readonly #most: number;
  /** Where the first one begins that was too many; what follows it was not searched. */
  cut = Number.POSITIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there was one too many. */
  get isFull(): boolean {
    return this.cut !== Number.POSITIVE_INFINITY;
  }

  /** False where enough was found. */
  add(kind: string, start: number, secret: string, end = start + secret.length): boolean {
    if (this.list.length < this.#most) {
      this.list.push({ start, end, kind, secret });
      return true;
    }
    this.cut = Math.min(this.cut, start);
    return false;
  }
}
