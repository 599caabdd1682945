import { describe, expect, test } from 'vitest';
import { createRegistry } from '../../../src/attribution/registry.ts';
import { FIRST_LAYOUT_HASH } from '../../../src/baselines/first-layout.ts';
import { NAMES_OF_PROCESS as NAMES } from '../../../src/baselines/names.ts';
import type { OutMessage } from '../../../src/kafka/transactional-writer.ts';
import { Core } from '../../../src/pipeline/core.ts';
import { ForeignMessage } from '../../../src/pipeline/kafka/foreign.ts';
import { PartitionDetector } from '../../../src/pipeline/kafka/partition-detector.ts';
import { offsetMessage, type Snapshot, snapshotMessages } from '../../../src/pipeline/kafka/snapshot.ts';
import { SnapshotReader } from '../../../src/pipeline/kafka/snapshot-reader.ts';
import { inFirstForm } from '../../baselines/first-form.ts';
import { agent, DAY, HOUR, MONDAY, Watched } from '../../baselines/watched.ts';
import { names, STATE } from '../../kafka/names.ts';

const AGENTS = ['a', 'b'].map((id) => agent(id, { peerGroup: 'orders' }));
const KNOWN = [NAMES.action('GET /v1/orders/{id}'), NAMES.network('10.4.1.7'), NAMES.client('agent/1.0')];

const watching = (): { watched: Watched; snapshot: (offset: number) => Snapshot } => {
  const watched = new Watched(AGENTS);
  const detector = new PartitionDetector(watched.core);
  const snapshot = (offset: number) => ({ offset, detector: detector.save(), core: watched.core.saveChanges() });
  return { watched, snapshot };
};

/** As the version with names of 32 bits wrote it. */
function firstForm({ offset, detector, core }: Snapshot): OutMessage[] {
  const message = (key: string, value: Buffer | string) => ({ topic: 'wayward.state', partition: 0, key, value });
  const { principals, groups } = core.engine.baselines;
  const baselines = { layout: FIRST_LAYOUT_HASH, principals: [], groups: [] };
  const rest = JSON.stringify({ detector, core: { ...core, engine: { ...core.engine, baselines } } });
  return [
    ...principals.map(([name, group, zone, state]) => {
      const head = Buffer.from(JSON.stringify({ group, zone }));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(head.length);
      return message(`principal/${name}`, Buffer.concat([length, head, Buffer.from(inFirstForm(state, KNOWN))]));
    }),
    ...groups.map(([name, state]) => message(`group/${name}`, Buffer.from(inFirstForm(state, KNOWN)))),
    message('part/0', rest),
    message('head', JSON.stringify({ version: 1, layout: FIRST_LAYOUT_HASH, offset, parts: 1, pendingParts: 0 })),
  ];
}

function read(...messages: readonly OutMessage[]): SnapshotReader {
  const reader = new SnapshotReader(names.topics);
  for (const { key, value } of messages) reader.take(String(key), value === null ? null : Buffer.from(value as Buffer));
  return reader;
}

const lastOf = (reader: SnapshotReader) => {
  const { last } = reader;
  if (last === undefined || last === 'unreadable') throw new Error(`the last snapshot is ${last}`);
  return last;
};

const namesIn = ({ snapshot }: ReturnType<typeof lastOf>): string[] =>
  snapshot.core.engine.baselines.principals.map(([name]) => name).sort();

describe('the snapshot of a partition', () => {
  test('is all that was saved, of each baseline the newest', () => {
    const { watched, snapshot } = watching();
    for (const who of ['a', 'b']) watched.work(MONDAY, { every: 30 }, {}, who);
    const first = structuredClone(snapshotMessages(STATE, 0, snapshot(10)));
    watched.work(MONDAY + DAY, { every: 30 }, {}, 'b');
    const second = structuredClone(snapshotMessages(STATE, 0, snapshot(20)));
    const { snapshot: found, report } = lastOf(read(...first, ...second, offsetMessage(STATE, 0, 25)));
    expect(found.offset).toBe(20);
    expect(report).toMatchObject({ migrated: 0, unreadable: 0 });
    const { principals, groups } = watched.core.engine.baselines.save();
    expect(found.core.engine.baselines).toMatchObject({ key: NAMES.id, isMigrated: false, groups });
    expect(new Map(found.core.engine.baselines.principals.map(([name, ...rest]) => [name, rest]))).toEqual(
      new Map(principals.map(([name, ...rest]) => [name, rest])),
    );
  });

  test('of the first form is taken over, and saved as a whole in the form of today', () => {
    const { watched, snapshot } = watching();
    for (const who of ['a', 'b']) watched.work(MONDAY, { every: 30 }, {}, who);
    const found = lastOf(read(...firstForm(snapshot(10)), offsetMessage(STATE, 0, 12)));
    expect(found.report).toMatchObject({ migrated: 3, unreadable: 0 });

    const core = new Core(createRegistry(AGENTS), [], () => {});
    const detector = new PartitionDetector(core);
    detector.load(found.snapshot.detector, found.snapshot.core);
    const next = snapshotMessages(STATE, 0, { offset: 30, detector: detector.save(), core: core.saveChanges() });
    const again = lastOf(read(...next));
    expect(namesIn(again)).toEqual(['a/api', 'b/api']);
    expect(again.snapshot.core.engine.baselines.groups).toHaveLength(1);
    expect(again.report.migrated).toBe(0);
  });

  test('is the one that reaches further, where two versions share the work', () => {
    const { watched, snapshot } = watching();
    watched.work(MONDAY, { every: 30 }, {}, 'a');
    const before = firstForm(snapshot(10));
    watched.work(MONDAY + DAY, { every: 30 }, {}, 'b');
    const after = snapshotMessages(STATE, 0, snapshot(20));
    expect(lastOf(read(...before, ...after)).snapshot.offset).toBe(20);
    watched.use(MONDAY + 2 * DAY + 9 * HOUR, {}, 'a');
    const back = firstForm(snapshot(40));
    const found = lastOf(read(...before, ...after, ...back));
    expect([found.snapshot.offset, namesIn(found)]).toEqual([40, ['a/api']]);
  });

  test('in the first form goes once events behind it are gone, never before', () => {
    const { watched, snapshot } = watching();
    watched.work(MONDAY, { every: 30 }, {}, 'a');
    const before = firstForm(snapshot(10));
    watched.use(MONDAY + 2 * DAY, {}, 'a');
    const reader = read(...before, ...snapshotMessages(STATE, 0, snapshot(20)));
    expect(reader.outdatedKeys(10)).toEqual([]);
    expect(reader.outdatedKeys(11).sort()).toEqual(['group/orders/api', 'head', 'part/0', 'principal/a/api']);
    expect(read(...before).outdatedKeys(11)).toEqual([]);
  });

  test('that no known version made is unreadable: neither is it taken for one of ours', () => {
    const { watched, snapshot } = watching();
    watched.work(MONDAY, { every: 30 }, {}, 'a');
    const messages = snapshotMessages(STATE, 0, snapshot(10));
    const head = JSON.stringify({ version: 3, offset: 10, parts: 1, pendingParts: 0 });
    expect(read(...messages, { topic: '', partition: 0, key: '2/head', value: head }).last).toBe('unreadable');
    const other = JSON.stringify({ version: 1, layout: 'of yesterday', offset: 10, parts: 1, pendingParts: 0 });
    expect(read({ topic: '', partition: 0, key: 'head', value: other }).last).toBe('unreadable');
    expect(read(offsetMessage(STATE, 0, 5)).last).toBeUndefined();
  });

  test('has no states whose layout nothing describes, and says how many', () => {
    const { watched, snapshot } = watching();
    watched.work(MONDAY, { every: 30 }, {}, 'a');
    const messages = snapshotMessages(STATE, 0, snapshot(10)).filter(({ key }) => !key?.startsWith('2/layout/'));
    const found = lastOf(read(...messages));
    expect(namesIn(found)).toEqual([]);
    expect(found.report.unreadable).toBe(2);
  });
});

test('keys of forms to come are passed over; what no Wayward wrote is foreign', () => {
  const reader = new SnapshotReader(names.topics);
  reader.take('3/head', Buffer.from('of another form'));
  expect(reader.last).toBeUndefined();
  for (const [key, value] of [
    ['anything', 'x'],
    ['offset', 'far'],
    ['2/head', '{"version":2}'],
    ['2/principal/somebody', 'no length before it'],
    ['2/group/some', 'no length before it'],
    ['2/layout/x', '{"series":[]}'],
  ] as const)
    expect(() => reader.take(key, Buffer.from(value)), key).toThrow(ForeignMessage);
});
