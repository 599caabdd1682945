import { LAYOUT, LAYOUT_ID } from '../../baselines/state.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import type { SavedCore } from '../core.ts';
import type { SavedDetector } from './partition-detector.ts';

/** Everything that detection of one events partition knows, as of one offset. */
export interface Snapshot {
  /** Of the next message to read. */
  readonly offset: number;
  readonly detector: SavedDetector;
  readonly core: SavedCore;
}

/** Keys of one form of snapshots. */
export interface SnapshotKeys {
  readonly version: number;
  readonly head: string;
  readonly part: string;
  readonly pending: string;
  readonly principal: string;
  readonly group: string;
  /** Before the id of a layout; the first form has none. */
  readonly layout: string | undefined;
}

/**
 * A form has keys of its own: versions of Wayward that share the work during an upgrade each go on from the last snapshot in their
 * own form, replay to the offset that both know, and never read each other's bytes.
 */
const keysOf = (version: number, prefix: string): SnapshotKeys => ({
  version,
  head: `${prefix}head`,
  part: `${prefix}part/`,
  pending: `${prefix}part/pending/`,
  principal: `${prefix}principal/`,
  group: `${prefix}group/`,
  layout: version === 1 ? undefined : `${prefix}layout/`,
});

/** What states of the first layout were saved in, with names of 32 bits. */
export const FIRST_KEYS = keysOf(1, '');
export const KEYS = keysOf(2, '2/');
/** Where detection stands by its last transaction, in whatever form; the snapshot may be older. */
export const OFFSET = 'offset';

/** Characters of the part that is no baseline, in one message. */
const PART_LENGTH = 1024 * 1024;
/** Events that wait, in one message. */
const PART_EVENTS = 5_000;

export interface Head {
  readonly version: number;
  readonly offset: number;
  readonly parts: number;
  readonly pendingParts: number;
  /** First form only: the layout of all states. */
  readonly layout?: string;
}

/** What stands before the bytes of a state. */
export interface StateHead {
  readonly group?: string | undefined;
  /** Of a principal. */
  readonly zone?: string;
  readonly layout?: string;
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
    core: { ...core, engine: { ...core.engine, baselines: { key: baselines.key, principals: [], groups: [] } } },
  });
  const parts = Array.from({ length: Math.ceil(rest.length / PART_LENGTH) }, (_, at) =>
    rest.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH),
  );
  const pending = Array.from({ length: Math.ceil(events.length / PART_EVENTS) }, (_, at) =>
    JSON.stringify(events.slice(at * PART_EVENTS, (at + 1) * PART_EVENTS)),
  );
  const head: Head = { version: KEYS.version, offset, parts: parts.length, pendingParts: pending.length };
  return [
    message(`${KEYS.layout}${LAYOUT_ID}`, JSON.stringify(LAYOUT)),
    ...baselines.principals.map(([name, group, zone, state]) =>
      message(`${KEYS.principal}${name}`, withHead({ group, zone, layout: LAYOUT_ID }, state)),
    ),
    ...baselines.groups.map(([name, state]) => message(`${KEYS.group}${name}`, withHead({ layout: LAYOUT_ID }, state))),
    ...parts.map((part, at) => message(`${KEYS.part}${at}`, part)),
    ...pending.map((part, at) => message(`${KEYS.pending}${at}`, part)),
    message(KEYS.head, JSON.stringify(head)),
  ];
}

export const offsetMessage = (topic: string, partition: number, offset: number): OutMessage => ({
  topic,
  partition,
  key: OFFSET,
  value: String(offset),
});

/** Removes what stands under these keys. */
export const withoutMessages = (topic: string, partition: number, keys: readonly string[]): OutMessage[] =>
  keys.map((key) => ({ topic, partition, key, value: null }));

/** A length, a little JSON, and the bytes of a state. */
function withHead(head: StateHead, state: ArrayBuffer): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, new Uint8Array(state)]);
}
