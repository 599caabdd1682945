import { expect, test } from 'vitest';
import { type Lendable, ServerPool } from './pool.ts';

/** Servers that only count; what they do is in `done`. */
function poolOf(more: { clean?: () => Promise<void>; start?: () => Promise<void> } = {}) {
  const done: string[] = [];
  const warned: string[] = [];
  let count = 0;
  const start = async (): Promise<Lendable> => {
    const name = `s${++count}`;
    await more.start?.();
    done.push(`start ${name}`);
    return {
      address: { name },
      async clean() {
        await more.clean?.();
        done.push(`clean ${name}`);
      },
      stop: async () => void done.push(`stop ${name}`),
    };
  };
  const pool = new ServerPool({ kafka: start, moto: start }, (message) => void warned.push(message));
  return { pool, done, warned };
}

test('one after the other gets the same server, clean; two at once get one each', async () => {
  const { pool, done } = poolOf();
  const [a, b] = [await pool.lend('kafka'), await pool.lend('kafka')];
  expect([a.address, b.address]).toEqual([{ name: 's1' }, { name: 's2' }]);
  a.giveBack();
  a.giveBack();
  const c = await pool.lend('kafka');
  expect(c.address).toEqual({ name: 's1' });
  expect(done).toEqual(['start s1', 'start s2', 'clean s1']);
  expect(pool.figures).toEqual({ kafka: { started: 2, lent: 3 } });
});

test('who asks while one is being cleaned waits for that one, and no longer', async () => {
  const cleanings: (() => void)[] = [];
  const { pool, done } = poolOf({ clean: () => new Promise((resolve) => cleanings.push(resolve)) });
  (await pool.lend('kafka')).giveBack();
  const [first, second] = [pool.lend('kafka'), pool.lend('kafka')];
  cleanings[0]?.();
  expect((await first).address).toEqual({ name: 's1' });
  expect((await second).address).toEqual({ name: 's2' });
  expect(done).toEqual(['start s1', 'clean s1', 'start s2']);
});

test('one that cannot be cleaned is stopped and told of, and the next suite gets a new one', async () => {
  const { pool, done, warned } = poolOf({ clean: () => Promise.reject(new Error('topics stay')) });
  (await pool.lend('kafka')).giveBack();
  expect((await pool.lend('kafka')).address).toEqual({ name: 's2' });
  expect(done).toEqual(['start s1', 'stop s1', 'start s2']);
  expect(warned).toEqual(['kafka could not be cleaned, and the next suite gets a new one: Error: topics stay']);
});

test('the end stops all of them: idle, lent, and starting', async () => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let starts = 0;
  const { pool, done } = poolOf({ start: () => (++starts > 2 ? begun : Promise.resolve()) });
  await pool.lend('kafka');
  (await pool.lend('moto')).giveBack();
  const late = pool.lend('kafka');
  const stopped = pool.stop();
  begin();
  await Promise.all([stopped, late]);
  expect(done.filter((what) => what.startsWith('stop')).sort()).toEqual(['stop s1', 'stop s2', 'stop s3']);
  await expect(pool.lend('moto')).rejects.toThrow('the run is over');
});
