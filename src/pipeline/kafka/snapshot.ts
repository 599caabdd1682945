import { UNREGISTERED_AGENT } from '../../attribution/attributed.ts';
import { STATE_BYTES, STATE_LAYOUT } from '../../baselines/state.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import { MARKER } from '../../kafka/topic-tail.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import type { SavedCore } from '../core.ts';
import type { SavedUse } from '../ordered.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';
import type { SavedDetector } from './partition-detector.ts';

/** Raised whenever what an older version saved can no longer be read. */
const VERSION = 1;

/** Everything that detection of one events partition knows, as of one offset. */
export interface Snapshot {
  /** Of the next message to read. */
  readonly offset: number;
  readonly detector: SavedDetector;
  readonly core: SavedCore;
}

const HEAD = 'head';
const PART = 'part/';
const PRINCIPAL = 'principal/';
const GROUP = 'group/';
/** Where detection stands by its last transaction; the snapshot may be older. */
const OFFSET = 'offset';
/** Characters of the part that is no baseline, in one message. */
const PART_LENGTH = 1024 * 1024;
/** Events that wait, in one message. */
const PART_EVENTS = 5_000;

interface Head {
  readonly version: number;
  readonly layout: string;
  readonly offset: number;
  readonly parts: number;
  readonly pendingParts: number;
}

/**
 * The messages of a snapshot, to be written in one transaction. Baselines are only those that changed since the snapshot before:
 * each has its own key, and compaction keeps the newest of each.
 */
export function snapshotMessages(topic: string, partition: number, { offset, detector, core }: Snapshot): OutMessage[] {
  const message = (key: string, value: Buffer | string): OutMessage => ({ topic, partition, key, value });
  const { baselines } = core.engine;
  const { events } = detector.pending;
  const rest = JSON.stringify({
    detector: { ...detector, pending: { ...detector.pending, events: [] } },
    core: { ...core, engine: { ...core.engine, baselines: { ...baselines, principals: [], groups: [] } } },
  });
  const parts = Array.from({ length: Math.ceil(rest.length / PART_LENGTH) }, (_, at) =>
    rest.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH),
  );
  const pending = Array.from({ length: Math.ceil(events.length / PART_EVENTS) }, (_, at) =>
    JSON.stringify(events.slice(at * PART_EVENTS, (at + 1) * PART_EVENTS)),
  );
  const head: Head = {
    version: VERSION,
    layout: STATE_LAYOUT,
    offset,
    parts: parts.length,
    pendingParts: pending.length,
  };
  return [
    ...baselines.principals.map(([name, group, zone, state]) =>
      message(`${PRINCIPAL}${name}`, withHead({ group, zone }, state)),
    ),
    ...baselines.groups.map(([name, state]) => message(`${GROUP}${name}`, Buffer.from(state))),
    ...parts.map((part, at) => message(`${PART}${at}`, part)),
    ...pending.map((part, at) => message(`${PART}pending/${at}`, part)),
    message(HEAD, JSON.stringify(head)),
  ];
}

export const offsetMessage = (topic: string, partition: number, offset: number): OutMessage => ({
  topic,
  partition,
  key: OFFSET,
  value: String(offset),
});

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
    if (value !== null) requireOwn(key, value);
    this.bytes += value?.length ?? 0;
    if (key.startsWith(PRINCIPAL)) this.#principals.add(key);
    if (value === null) this.#newest.delete(key);
    else this.#newest.set(key, value);
  }

  get principals(): number {
    return this.#principals.size;
  }

  /** Of the next message that no transaction has dealt with; 0 at the very beginning. */
  get offset(): number {
    return Number(this.#newest.get(OFFSET)?.toString() ?? 0);
  }

  /** The last snapshot; `outdated` where another version of Wayward made it. */
  get snapshot(): Snapshot | 'outdated' | undefined {
    const bytes = this.#newest.get(HEAD);
    if (bytes === undefined) return undefined;
    const head: Head = JSON.parse(bytes.toString());
    if (head.version !== VERSION || head.layout !== STATE_LAYOUT) return 'outdated';
    const { detector, core }: Pick<Snapshot, 'detector' | 'core'> = json(
      this.#parts(head.parts, PART).join(''),
      this.#topics,
    );
    const events = this.#parts(head.pendingParts, `${PART}pending/`).flatMap((part): SavedUse[] =>
      json(part, this.#topics),
    );
    return {
      offset: head.offset,
      detector: { ...detector, pending: { ...detector.pending, events } },
      core: { ...core, engine: { ...core.engine, baselines: { layout: head.layout, ...this.#baselines(core) } } },
    };
  }

  #parts(count: number, prefix: string): string[] {
    return Array.from({ length: count }, (_, at) => {
      const part = this.#newest.get(`${prefix}${at}`);
      if (part === undefined)
        throw new Error(`the snapshot lacks ${prefix}${at}: was ${this.#topics.state} changed by hand?`);
      return part.toString();
    });
  }

  /** Without those of unregistered principals that have made room since they were saved. */
  #baselines({ attributor }: SavedCore): Pick<SavedCore['engine']['baselines'], 'principals' | 'groups'> {
    const kept = new Set(attributor.entries.map(([name]) => name));
    const principals: [string, string | undefined, string, ArrayBuffer][] = [];
    const groups: [string, ArrayBuffer][] = [];
    for (const [key, value] of this.#newest) {
      if (key.startsWith(GROUP) && value.length === STATE_BYTES)
        groups.push([key.slice(GROUP.length), arrayBuffer(value)]);
      if (!key.startsWith(PRINCIPAL)) continue;
      const name = key.slice(PRINCIPAL.length);
      if (name.startsWith(`${UNREGISTERED_AGENT}/`) && !kept.has(name)) continue;
      const { group, zone, state } = split(value);
      // Of another layout, where another version wrote it: that baseline starts anew.
      if (state.byteLength === STATE_BYTES) principals.push([name, group, zone, state]);
    }
    return { principals, groups };
  }
}

/** Parts of one text show only together whether they are ours. */
function json<T>(text: string, { state, events }: OwnTopics): T {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(
      `the snapshot in ${state} can't be read: somebody else wrote under its keys (${PART}…). Write a message without a value under the key ${HEAD} to let it learn anew from ${events}`,
      { cause },
    );
  }
}

/** @throws ForeignMessage */
function requireOwn(key: string, value: Buffer): void {
  if (key === OFFSET && !/^\d{1,16}$/.test(value.toString())) throw new ForeignMessage('its offset is none');
  if (key === HEAD && !isHead(parsed(value.toString()))) throw new ForeignMessage('it is no head of a snapshot');
  if (key.startsWith(PRINCIPAL) && !isPrincipal(value)) throw new ForeignMessage('it is no baseline of a principal');
  if (![OFFSET, HEAD].includes(key) && ![PRINCIPAL, GROUP, PART].some((prefix) => key.startsWith(prefix)))
    throw new ForeignMessage('its key is none of a snapshot');
}

const isHead = (head: unknown): boolean =>
  isObject(head) && [head.version, head.offset, head.parts, head.pendingParts].every(Number.isSafeInteger);

function isPrincipal(value: Buffer): boolean {
  const end = value.length < 4 ? Number.POSITIVE_INFINITY : 4 + value.readUInt32BE();
  if (end > value.length) return false;
  const head = parsed(value.toString('utf8', 4, end));
  return isObject(head) && typeof head.zone === 'string';
}

/** A length, a little JSON, and the bytes of a state. */
function withHead(head: { group: string | undefined; zone: string }, state: ArrayBuffer): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, new Uint8Array(state)]);
}

function split(value: Buffer): { group: string | undefined; zone: string; state: ArrayBuffer } {
  const end = 4 + value.readUInt32BE();
  const { group, zone } = JSON.parse(value.toString('utf8', 4, end));
  return { group, zone, state: arrayBuffer(value.subarray(end)) };
}

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;
