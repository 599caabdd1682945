import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Merge } from '../../src/pipeline/merge.ts';
import { FollowSource } from '../../src/sources/follow.ts';
import { type Folder, temporaryFolder } from '../sources/folder.ts';
import { BytesSource, type TestLanes, testLanes } from './lines.ts';

let folder: Folder;
let lanes: TestLanes;
let stop: AbortController;
beforeEach(() => {
  folder = temporaryFolder();
  lanes = testLanes();
  stop = new AbortController();
});
afterEach(() => folder.remove());

const live = (...names: string[]): Merge =>
  new Merge(
    names.map((name) => lanes.lane(new FollowSource(folder.path(name)))),
    { live: true, signal: stop.signal },
  );

/** The actions that come out, in order, until `last`; `then` is called at each. */
const until = async (merge: Merge, last: string, then: (action: string) => void = () => {}): Promise<string[]> => {
  const actions: string[] = [];
  for await (const batch of merge.batches()) {
    for (const event of batch) {
      actions.push(event.use.action);
      if (event.use.action === last) stop.abort();
      then(event.use.action);
    }
  }
  return actions;
};

describe('live input', () => {
  test('comes out without waiting for what follows, across files and a rotation', async () => {
    const now = Date.now();
    folder.write('a.log', `${now - 1000} one\n`);
    folder.write('b.log', `${now - 500} two\n`);
    const actions = await until(live('a.log', 'b.log', 'absent.log'), 'four', (action) => {
      if (action === 'two') appendFileSync(folder.path('b.log'), `${Date.now()} three\n`);
      if (action !== 'three') return;
      renameSync(folder.path('a.log'), folder.path('a.log.1'));
      writeFileSync(folder.path('a.log'), `${Date.now()} four\n`);
    });
    expect(actions).toEqual(['one', 'two', 'three', 'four']);
  });

  test('in two files is in order of time though one was written later', async () => {
    const now = Date.now();
    folder.write('late.log', `${now - 5000} second\n${now - 100} last\n`);
    folder.write('early.log', `${now - 9000} first\n${now - 4000} third\n`);
    expect(await until(live('late.log', 'early.log'), 'last')).toEqual(['first', 'second', 'third', 'last']);
  });

  test('is not held up by one record from the future', async () => {
    folder.write('a.log', `${Date.now() - 900} one\n${Date.UTC(2098, 0)} odd\n${Date.now() - 800} two\n`);
    const merge = live('a.log');
    expect(await until(merge, 'two')).toEqual(['one', 'two']);
    expect(merge.counts.deadLetters).toEqual({ 'timestamp-not-reached': 1 });
  });

  test('is not put ahead by many records from the future', async () => {
    const forged = Array.from({ length: 500 }, (_, at) => `${Date.UTC(2098, 0) + at} odd\n`).join('');
    folder.write('a.log', `${Date.now() - 900} one\n${forged}`);
    const merge = live('a.log');
    const actions = await until(merge, 'two', (action) => {
      if (action === 'one') appendFileSync(folder.path('a.log'), `${Date.now()} two\n`);
    });
    expect(actions).toEqual(['one', 'two']);
    expect(merge.counts.deadLetters).toEqual({ 'timestamp-not-reached': 500 });
  });

  test('numbers equal records though they come apart', async () => {
    const time = Math.floor(Date.now() / 1000) * 1000;
    folder.write('a.log', `${time} same\n`);
    const ids: string[] = [];
    for await (const batch of live('a.log').batches()) {
      for (const event of batch) {
        ids.push(event.id());
        if (ids.length === 3) stop.abort();
        else appendFileSync(folder.path('a.log'), `${time} same\n`);
      }
    }
    expect(ids).toEqual([ids[0], `${ids[0]}-2`, `${ids[0]}-3`]);
  });

  test('ends with its sources, if they end', async () => {
    const merge = new Merge([lanes.lane(new BytesSource('a', `${Date.now()} one\n`))], { live: true });
    expect(await until(merge, 'never')).toEqual(['one']);
  });
});
