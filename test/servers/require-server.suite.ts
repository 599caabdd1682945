import { afterAll, afterEach, aroundAll, aroundEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeWith, MissingServer } from './require-server.ts';

/** For require-server.servers.test.ts, which runs this with `SERVER` as there, missing or broken and reads what it prints. */
const done = (what: string): void => console.log(`done: ${what}`);

async function start() {
  done('start');
  if (process.env.SERVER === 'missing') throw new MissingServer('no such server: install it');
  if (process.env.SERVER === 'broken') throw new Error('the server broke');
  return { name: 'the server', stop: async () => done('stop') };
}

const hooksOf = (suite: string, use: () => unknown): void => {
  beforeAll(() => {
    use();
    done(`beforeAll of ${suite}`);
    return () => done(`end of beforeAll of ${suite}`);
  });
  beforeEach(() => {
    use();
    done(`beforeEach of ${suite}`);
  });
  afterEach(() => {
    use();
    done(`afterEach of ${suite}`);
  });
  afterAll(() => {
    use();
    done(`afterAll of ${suite}`);
  });
  aroundEach(async (runTest) => {
    done(`aroundEach of ${suite}`);
    await runTest();
  });
};

describeWith('with a server', start, (server) => {
  hooksOf('outer', server);

  test('uses it', () => {
    expect(server().name).toBe('the server');
    done('test of outer');
  });

  test.todo('is still to be written');

  describe('nested', () => {
    hooksOf('inner', server);
    aroundAll(async (runSuite) => {
      done('aroundAll of inner');
      await runSuite();
    });

    test.each([1, 2])('uses it, too: %i', (number) => done(`test of inner, ${server().name} ${number}`));
  });
});

describe('beside it', () => {
  test('needs no server', () => done('test beside it'));
});
