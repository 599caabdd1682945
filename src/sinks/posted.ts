import { CallError } from '../errors.ts';
import { type DeliveryState, Patience, TryAgain } from './patience.ts';
import type { AlertRevision, Deliverable, DeliveryCounts, Sink, SinkOptions } from './sink.ts';

type Document = Readonly<Record<string, unknown>>;

/** A document for a server that only appends. */
export interface Appended {
  /** The same for every attempt: readers can drop repeats by it. */
  readonly id: string;
  readonly stream: 'alert' | 'response';
  readonly document: Document;
}

/** What a server said to some of them. What it puts off, or refuses until somebody has mended something, is thrown as TryAgain. */
export type Answer =
  | { readonly kind: 'taken' }
  /** It took the others; `count` of these it will never take. */
  | { readonly kind: 'taken-in-part'; readonly count: number; readonly reason: string }
  /** It takes none of them together, and would take none of them alone that is at fault. */
  | { readonly kind: 'unfit'; readonly type: string; readonly reason: string };

export interface PostedOptions extends SinkOptions {
  /** Posts some. @throws TryAgain, and CallError where there was no answer */
  readonly post: (some: readonly Appended[], signal: AbortSignal) => Promise<Answer>;
}

/** Of one request. */
const MOST_DOCUMENTS = 100;

/**
 * A sink that posts to a server which only appends and looks at no ids: an alert each time its severity rises, and what response did.
 * At least once: what had no answer is posted again.
 */
export class PostedSink implements Sink {
  readonly #options: PostedOptions;
  readonly #patience: Patience;
  readonly #stopped = new AbortController();
  #rejected = 0;

  constructor(options: PostedOptions) {
    this.#options = options;
    const asTryAgain = (error: unknown) =>
      error instanceof CallError ? new TryAgain(error.message, !error.retryable) : undefined;
    this.#patience = new Patience(asTryAgain, options.stateChanged ?? (() => undefined));
  }

  get state(): DeliveryState {
    return this.#patience.state;
  }

  get counts(): DeliveryCounts {
    return { rejected: this.#rejected, retries: this.#patience.retries, heldBack: 0 };
  }

  async deliver(items: readonly Deliverable[], _redelivered: boolean, until?: AbortSignal): Promise<void> {
    const { signal: stopped } = this.#stopped;
    const signal = until === undefined ? stopped : AbortSignal.any([stopped, until]);
    const documents = items.flatMap(appended);
    for (let at = 0; at < documents.length; at += MOST_DOCUMENTS)
      await this.#post(documents.slice(at, at + MOST_DOCUMENTS), signal);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async close(): Promise<void> {}

  /** Half by half where one is in the way, down to that one. */
  async #post(some: readonly Appended[], signal: AbortSignal): Promise<void> {
    const [first, second] = some;
    if (first === undefined) return;
    const answer = await this.#patience.until(signal, () => this.#options.post(some, signal));
    if (answer.kind === 'taken') return;
    if (answer.kind === 'taken-in-part') {
      const which = second === undefined ? first.id : `${answer.count} of ${some.length} from ${first.id}`;
      await this.#reject({ ...first, id: which }, 'partial-success', answer.reason, answer.count);
    } else if (second === undefined) await this.#reject(first, answer.type, answer.reason, 1);
    else {
      const middle = Math.ceil(some.length / 2);
      await this.#post(some.slice(0, middle), signal);
      await this.#post(some.slice(middle), signal);
    }
  }

  async #reject({ id, stream }: Appended, type: string, reason: string, count: number): Promise<void> {
    await this.#options.rejected({ target: `wayward.${stream}`, id, type, reason });
    this.#rejected += count;
  }
}

const isAlert = (item: Deliverable): item is AlertRevision => 'alert' in item;

/** None for what is not news: forms of an alert that is no graver, and what is counted for dashboards. */
function appended(item: Deliverable): Appended[] {
  if (isAlert(item)) {
    const { alert, document, rose } = item;
    return rose ? [{ id: `${alert.id}-${alert.severity}`, stream: 'alert', document }] : [];
  }
  const { stream, id, document } = item;
  return stream === 'response' ? [{ id, stream, document }] : [];
}
