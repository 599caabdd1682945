import { randomUUID } from 'node:crypto';
import { responseDocuments } from '../../documents/response.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import type { OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import type { ResponseContext } from '../../response/context.ts';
import type { Store } from '../../sinks/store.ts';
import { changesMessage, markerMessage } from './changes-message.ts';
import { documentMessage } from './document-message.ts';

interface ChangelogOptions {
  readonly topics: OwnTopics;
  readonly store: Store;
  readonly writer: TransactionalWriter;
  readonly response: ResponseContext;
  /** Of the last changes on the topic. */
  readonly seq: number;
}

/** Kafka gives our part to another process after 10 s of silence; whoever slept for half of that asks again, milliseconds. */
const FRESH = 5_000;

/**
 * Writes what the responder changes in its store to `wayward.response`, with the documents that tell of it, several changes at
 * once. A commit also proves that no other process has taken over. After the first failure it is of no use any more.
 */
export class Changelog {
  readonly #options: ChangelogOptions;
  readonly #id = randomUUID();
  readonly #takeChanges: () => Uint8Array | undefined;
  #seq: number;
  #safeEntry: number;
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #proof = false;
  #failure: Error | undefined;

  constructor(options: ChangelogOptions) {
    this.#options = options;
    this.#seq = options.seq;
    this.#safeEntry = options.response.audit.last;
    this.#takeChanges = options.store.recordChanges();
  }

  /** The newest entry of the audit trail that is on the topic. */
  get safeEntry(): number {
    return this.#safeEntry;
  }

  /** Why it is of no use any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Until everything that was changed before the call is on the topic. @throws Fenced */
  save(): Promise<void> {
    this.#next ??= this.#last.then(() => this.#commit());
    this.#last = this.#next.catch(() => undefined); // told to whoever called, and kept as `failure`
    return this.#next;
  }

  /** As `save`, and at its end this process was, a moment ago, the one that may act. @throws Fenced */
  async clear(): Promise<void> {
    for (;;) {
      const began = performance.now();
      this.#proof = true;
      await this.save();
      if (performance.now() - began < FRESH) return;
    }
  }

  async #commit(): Promise<void> {
    this.#next = undefined;
    if (this.#failure !== undefined) throw this.#failure;
    const { topics, writer, response } = this.#options;
    const changes = this.#takeChanges();
    if (changes === undefined && !this.#proof) return;
    this.#proof = false;
    const entry = response.audit.last;
    try {
      await writer.commit(
        changes === undefined
          ? [markerMessage(topics.response, this.#id)]
          : [this.#message(changes), ...this.#documents()],
      );
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw this.#failure;
    }
    this.#safeEntry = entry;
  }

  #message(changes: Uint8Array): OutMessage {
    this.#seq++;
    return changesMessage(this.#options.topics.response, { seq: this.#seq, writer: this.#id, changes });
  }

  #documents(): OutMessage[] {
    const { topics, response } = this.#options;
    const { audit, outbox, plan } = response;
    const credentialOf = (id: string) => plan.credentials.get(id);
    return audit
      .after(this.#safeEntry)
      .flatMap((entry) => responseDocuments(entry, { steps: outbox.ofCause(entry.cause ?? ''), credentialOf }))
      .map((document) => documentMessage(topics.documents, document));
  }
}
