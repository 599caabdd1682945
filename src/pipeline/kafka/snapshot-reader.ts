import { UNREGISTERED_AGENT } from '../../attribution/attributed.ts';
import { FIRST_LAYOUT_HASH } from '../../baselines/first-layout.ts';
import type { Layout } from '../../baselines/layout.ts';
import { FIRST, type MigrationReport, StateReader } from '../../baselines/saved-states.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import { MARKER } from '../../kafka/topic-tail.ts';
import type { SavedCore } from '../core.ts';
import type { SavedUse } from '../ordered.ts';
import { FIRST_KEYS, type Head, KEYS, OFFSET, type Snapshot, type SnapshotKeys } from './snapshot.ts';
import { arrayBuffer, isOwn, layoutOf, stateOf } from './snapshot-messages.ts';

/** A snapshot and what became of states in it that another version saved. */
export interface Restored {
  readonly snapshot: Snapshot;
  readonly report: MigrationReport;
}

/** Collects the newest message of each key of a state partition, and makes the last snapshot of them. */
export class SnapshotReader {
  readonly #topics: OwnTopics;
  readonly #newest = new Map<string, Buffer>();
  readonly #principals = new Set<string>();
  /** Bytes read so far. */
  bytes = 0;

  constructor(topics: OwnTopics) {
    this.#topics = topics;
  }

  /** @throws ForeignMessage for what no Wayward wrote: what stood there before still counts */
  take(key: string, value: Buffer | null): void {
    if (key === MARKER) return;
    if (value === null) {
      this.#newest.delete(key);
      return;
    }
    this.bytes += value.length;
    if (!isOwn(key, value)) return;
    this.#newest.set(key, value);
    for (const { principal } of [KEYS, FIRST_KEYS])
      if (key.startsWith(principal)) this.#principals.add(key.slice(principal.length));
  }

  get principals(): number {
    return this.#principals.size;
  }

  /** Of the next message that no transaction has dealt with; 0 at the very beginning. */
  get offset(): number {
    return Number(this.#newest.get(OFFSET)?.toString() ?? 0);
  }

  /** The snapshot that reaches furthest of those that can be read, in whatever form; `unreadable` where there are only others. */
  get last(): Restored | 'unreadable' | undefined {
    const heads = [KEYS, FIRST_KEYS].flatMap((keys) => {
      const head = this.#head(keys);
      return head === undefined ? [] : [{ keys, head }];
    });
    const readable = heads.filter(({ keys, head }) => isReadable(keys, head));
    const [best] = readable.sort((a, b) => b.head.offset - a.head.offset);
    if (best !== undefined) return this.#restore(best.keys, best.head);
    return heads.length > 0 ? 'unreadable' : undefined;
  }

  /**
   * Keys of a snapshot in the first form from which nothing can be continued exactly any more, since events behind it are gone: no
   * process of that version can want it. `begin` is the offset of the first event that is still there.
   */
  outdatedKeys(begin: number): string[] {
    const [first, own] = [this.#head(FIRST_KEYS), this.#head(KEYS)];
    if (first === undefined || own === undefined || first.offset >= begin || first.offset >= own.offset) return [];
    const { head, part, principal, group } = FIRST_KEYS;
    return [...this.#newest.keys()].filter(
      (key) => key === head || [part, principal, group].some((prefix) => key.startsWith(prefix)),
    );
  }

  #head({ head }: SnapshotKeys): Head | undefined {
    const bytes = this.#newest.get(head);
    return bytes && JSON.parse(bytes.toString());
  }

  #restore(keys: SnapshotKeys, head: Head): Restored {
    const { detector, core } = this.#json<Pick<Snapshot, 'detector' | 'core'>>(
      this.#parts(head.parts, keys.part).join(''),
    );
    const events = this.#parts(head.pendingParts, keys.pending).flatMap((part): SavedUse[] => this.#json(part));
    const states = new StateReader(this.#layouts(keys));
    const found = this.#baselines(keys, states, core);
    const { report } = states;
    const isMigrated = keys !== KEYS || report.migrated > 0;
    const baselines = { ...found, key: core.engine.baselines.key, isMigrated };
    const snapshot = {
      offset: head.offset,
      detector: { ...detector, pending: { ...detector.pending, events } },
      core: { ...core, engine: { ...core.engine, baselines } },
    };
    return { snapshot, report };
  }

  #parts(count: number, prefix: string): string[] {
    return Array.from({ length: count }, (_, at) => {
      const part = this.#newest.get(`${prefix}${at}`);
      if (part === undefined)
        throw new Error(`the snapshot lacks ${prefix}${at}: was ${this.#topics.state} changed by hand?`);
      return part.toString();
    });
  }

  /** Parts of one text show only together whether they are ours. */
  #json<T>(text: string): T {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const { state, events } = this.#topics;
      throw new Error(
        `the snapshot in ${state} can't be read: somebody else wrote under its keys (${KEYS.part}…). Write a message without a value under the key ${KEYS.head} to let it learn anew from ${events}`,
        { cause },
      );
    }
  }

  #layouts({ layout }: SnapshotKeys): ReadonlyMap<string, Layout> {
    if (layout === undefined) return new Map();
    const found = [...this.#newest].filter(([key]) => key.startsWith(layout));
    return new Map(found.map(([key, value]) => [key.slice(layout.length), layoutOf(value)]));
  }

  /** Without those of unregistered principals that have made room since they were saved. */
  #baselines(keys: SnapshotKeys, states: StateReader, { attributor }: SavedCore) {
    const kept = new Set(attributor.entries.map(([name]) => name));
    const principals: [string, string | undefined, string, ArrayBuffer][] = [];
    const groups: [string, ArrayBuffer][] = [];
    for (const [key, value] of this.#newest) {
      if (key.startsWith(keys.group)) {
        const state = readGroup(keys, states, value);
        if (state !== undefined) groups.push([key.slice(keys.group.length), state]);
      }
      if (!key.startsWith(keys.principal)) continue;
      const name = key.slice(keys.principal.length);
      if (name.startsWith(`${UNREGISTERED_AGENT}/`) && !kept.has(name)) continue;
      const found = stateOf(value);
      const state = found && states.read(found.state, found.head.layout ?? FIRST);
      if (state !== undefined) principals.push([name, found?.head.group, found?.head.zone ?? 'UTC', state]);
    }
    return { principals, groups };
  }
}

const isReadable = (keys: SnapshotKeys, { version, layout }: Head): boolean =>
  version === keys.version && (keys === KEYS || layout === FIRST_LAYOUT_HASH);

/** In the first form it is nothing but the bytes. */
function readGroup(keys: SnapshotKeys, states: StateReader, value: Buffer): ArrayBuffer | undefined {
  if (keys === FIRST_KEYS) return states.read(arrayBuffer(value), FIRST);
  const found = stateOf(value);
  return found && states.read(found.state, found.head.layout ?? '');
}
