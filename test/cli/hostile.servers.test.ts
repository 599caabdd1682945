import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { type Folder, temporaryFolder } from '../sources/folder.ts';
import { type Ended, ended, runIn, start } from './process.ts';

const T0 = Date.UTC(2026, 8, 1) / 1000;
/** A good record, `at` seconds after the start; each has a credential that nobody registered unless it is `billing`. */
const good = (at: number, change: object = {}): string =>
  JSON.stringify({
    ...{
      time: '',
      msec: `${T0 + at}.000`,
      remote_addr: '10.0.0.1',
      credential: 'billing',
      method: 'GET',
      uri: '/v1/a',
    },
    ...{ args: '', status: 200, body_bytes_sent: 10, request_time: '0.001', user_agent: 'agent/1', ...change },
  });
const goods = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => good(from + at));
const lines = (...all: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(all.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));

interface Hostile {
  readonly content: Buffer;
  /** Records that are used although they stand among these. */
  readonly events: number;
  /** Why each of the others is not, in order. */
  readonly letters: readonly string[];
}

const half = (): Hostile => {
  const packed = gzipSync(lines(...goods(700, 3000)));
  const content = packed.subarray(0, packed.length / 2);
  const readable = gunzipSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).toString().split('\n');
  return {
    content,
    events: readable.length - 1,
    letters: ['truncated-gzip', ...(readable.at(-1) === '' ? [] : ['invalid-json'])],
  };
};

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'long.log': {
    content: lines(good(0), 'x'.repeat(10_000_000), good(1), `{"a":"${'y'.repeat(2_000_000)}`, good(2)),
    events: 3,
    letters: ['too-long', 'too-long'],
  },
  'utf8.log': {
    content: lines(good(10), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), good(11), Buffer.from([0xc3]), good(12)),
    events: 3,
    letters: ['invalid-json', 'invalid-json'],
  },
  'deep.log': {
    content: lines(good(20), '['.repeat(100_000) + ']'.repeat(100_000), '{"a":'.repeat(100_000), good(21)),
    events: 2,
    letters: ['not-an-object', 'invalid-json'],
  },
  'names.log': {
    content: lines(
      good(30).replace('{', '{"__proto__":{"status":500},"constructor":{"prototype":{"polluted":1}},'),
      '{"__proto__":{"msec":"1","uri":"/","status":200}}',
      ...['__proto__', 'constructor', 'toString'].map((name, at) =>
        good(31 + at, { credential: name, method: name, uri: `/${name}` }),
      ),
    ),
    events: 4,
    letters: ['invalid-time'],
  },
  'nul.log': {
    content: lines(good(40), '\0\0\0', good(41, { uri: '/a\0b', credential: 'bill\0ing' }), `\0${good(42)}`),
    events: 2,
    letters: ['invalid-json', 'invalid-json'],
  },
  'half.log.gz': half(),
  'empty.log': { content: Buffer.alloc(0), events: 0, letters: [] },
  'crlf.log': { content: Buffer.from(goods(50, 5).join('\r\n')), events: 5, letters: [] },
  'bom.log': { content: lines(`\ufeff${good(60)}`, good(61)), events: 2, letters: [] },
  'times.log': {
    content: lines(good(70), good(0 - T0), good(71), good(32_472_144_000 - T0), good(72)),
    events: 3,
    letters: ['timestamp-out-of-range', 'timestamp-out-of-range'],
  },
  'garbage.log': { content: Buffer.from('half a line of nothing'), events: 0, letters: ['unknown-format'] },
};

const REGISTRY =
  'credentials:\n  - { id: cred-b, agent: billing-1, kind: api-key, match: { credential_id: billing } }\n';
const OPTIONS = ['--config', 'wayward.yaml', '--credentials', 'credentials.yaml'];
/** Far below what any of the files would take if it were held whole in memory several times. */
const MOST_MIB = 400;

let folder: Folder;
beforeAll(() => {
  folder = temporaryFolder();
  mkdirSync(folder.path('folder.log'));
  for (const [name, { content }] of Object.entries(HOSTILE)) folder.write(name, content);
  folder.write('good.log', lines(...goods(100, 200), good(300, { credential: 'stranger' })));
  folder.write('more.log', lines(...goods(400, 200)));
  folder.write('wayward.yaml', 'state: state\n');
  folder.write('credentials.yaml', REGISTRY);
});
afterAll(() => folder.remove());

const scan = (...args: string[]): Promise<Ended> => runIn(folder.path('.'), ['scan', ...OPTIONS, ...args]);
const json = (ndjson: string): { reason: string; source: string; excerpt: string; event: { id: string } }[] =>
  ndjson
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const letters = () => json(readFileSync(folder.path('letters.ndjson'), 'utf8'));
const eventsRead = ({ stderr }: Ended): number => Number(/: ([\d,]+) events/.exec(stderr)?.[1]?.replaceAll(',', ''));

const expectOrderly = (result: Ended, code = 0): void => {
  expect(result.stderr).not.toMatch(/\n\s+at |internal error/);
  expect(result).toMatchObject({ code, signal: null });
  expect(result.peakMiB).toBeLessThan(MOST_MIB);
  for (const alert of json(result.stdout)) expect(alert.event.id).toMatch(/^[\da-f]{32}$/);
};

describe('hostile logs', () => {
  test.each(Object.keys(HOSTILE))(
    '%s is read to its end: each record is used or a dead letter with its reason',
    async (name) => {
      const { events, letters: expected = [] } = HOSTILE[name] ?? {};
      const result = await scan('--dead-letters', 'letters.ndjson', name);
      expectOrderly(result, events === 0 && expected.length > 0 ? 4 : 0);
      expect(
        letters()
          .map(({ reason }) => reason)
          .toSorted(),
      ).toEqual(expected.toSorted());
      expect(eventsRead(result)).toBe(events);
      for (const { excerpt, source } of letters()) {
        expect(source).toBe(name);
        expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(1024);
      }
    },
  );

  test('all of them, a folder and good logs in one call take nothing from each other, in any order', async () => {
    const names = ['good.log', ...Object.keys(HOSTILE), 'folder.log', 'more.log'];
    const result = await scan('--dead-letters', 'letters.ndjson', ...names);
    expectOrderly(result, 4);
    const all = Object.entries(HOSTILE).flatMap(([name, hostile]) =>
      hostile.letters.map((reason) => `${name} ${reason}`),
    );
    const found = letters().map(({ source, reason }) => `${source} ${reason}`);
    expect(found.toSorted()).toEqual([...all, 'folder.log directory'].toSorted());
    expect(eventsRead(result)).toBe(Object.values(HOSTILE).reduce((sum, { events }) => sum + events, 401));
    expect(json(result.stdout).length).toBeGreaterThan(0);
    const reversed = await scan(...names.toReversed());
    expect(reversed.stdout).toBe(result.stdout);
  });

  test('two formats and standard input in one call', async () => {
    copyFileSync(fileURLToPath(new URL('../fixtures/logs/pgaudit.csv', import.meta.url)), folder.path('pg.csv'));
    const result = await runIn(
      folder.path('.'),
      ['scan', ...OPTIONS, 'pg.csv', '-', 'good.log'],
      `${goods(900, 50).join('\n')}\n`,
    );
    expectOrderly(result);
    const alone = await scan('pg.csv');
    expect(eventsRead(result)).toBe(eventsRead(alone) + 201 + 50);
  });

  test.skipIf(process.platform !== 'linux')('a file that cannot be read is counted and stops nothing', async () => {
    const result = await scan('--dead-letters', 'letters.ndjson', 'good.log', '/proc/self/mem');
    expectOrderly(result, 4);
    expect(letters()).toMatchObject([{ source: '/proc/self/mem', reason: 'unreadable' }]);
    expect(eventsRead(result)).toBe(201);
  });

  test('a file that grows while it is read comes to an end', async () => {
    folder.write('growing.log', lines(...goods(0, 50_000)));
    const child = start(folder.path('.'), ['scan', ...OPTIONS, 'growing.log']);
    const result = ended(child);
    for (let at = 50_000; child.exitCode === null && at < 60_000; at++) {
      appendFileSync(folder.path('growing.log'), `${good(at)}\n`);
      await sleep(1); // it grows line by line
    }
    expectOrderly(await result);
    expect(eventsRead(await result)).toBeGreaterThanOrEqual(50_000);
  });

  test('whoever invents names and values is an alert a name for the first hundred, and one for all others', async () => {
    const flood = Array.from({ length: 30_000 }, (_, at) =>
      good(Math.floor(at / 100), {
        credential: `invented-${at}`,
        uri: `/p${at}x/y`,
        user_agent: `ua${at}`,
        body_bytes_sent: 1e308,
      }),
    );
    folder.write('flood.log', lines(...flood));
    const result = await scan('flood.log');
    expectOrderly(result);
    const alerts = result.stdout
      .split('\n')
      .filter(Boolean)
      .map((line): { wayward: { principal: string }; event: { reason: string } } => JSON.parse(line));
    expect(alerts).toHaveLength(101);
    const others = alerts.filter(({ wayward }) => wayward.principal === 'unregistered/others');
    expect(others).toHaveLength(1);
    for (const { event } of alerts) expect(event.reason.length).toBeLessThan(1_000);
    expect(result.stdout.length).toBeLessThan(1_000_000);
    expect(result.stderr).toContain('of identities beyond the bound');
  });

  test('invented names take no more memory as the years pass', async () => {
    const weeks = Array.from({ length: 4 }, (_, week) =>
      Array.from({ length: 1000 }, (_, at) => good(week * 8 * 86_400 + at, { credential: `w${week}-${at}` })),
    );
    folder.write('years.log', lines(...weeks.flat()));
    const result = await scan('years.log');
    expectOrderly(result);
    expect(result.stderr).toContain('attributed 4,000 uses of 1,000 principals');
  });
});

describe('wrong files are exit 2 with the place, what is wrong and what to write', () => {
  const refuse = async (args: readonly string[], expected: string): Promise<void> => {
    const result = await runIn(folder.path('.'), ['scan', ...args, 'good.log']);
    expectOrderly(result, 2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(expected);
    expect(result.stderr).not.toMatch(/undefined|\[object/);
  };

  test.each([
    [
      '  - { id: a, agent: x, kind: api-kye }\n',
      ':2: credentials[0].kind is not one of the known values; write kind: api-key',
    ],
    ['  - id: a\n    agnet: x\n    kind: api-key\n', ':3: credentials[0] "agnet" is not a known key; write agent'],
    ['  - id: a\n    agent: x\n   kind: api-key\n', ':4: '],
    [
      '  - { id: a, agent: x, kind: api-key }\n  - { id: a, agent: y, kind: api-key }\n',
      ':3: credentials[1].id "a" stands above already',
    ],
    [
      '  - { id: a, agent: unregistered, kind: api-key }\n',
      ':2: credentials[0].agent is the name of agents that are not in this file',
    ],
    [
      '  - { id: a, agent: x, kind: api-key, expires_at: soon }\n',
      ':2: credentials[0].expires_at is not a time with its zone; write 2026-',
    ],
    [
      '  - { id: a, agent: x, kind: api-key, networks: [10.0.0.0/99] }\n',
      ':2: credentials[0].networks[0] is not a network',
    ],
  ])('registry %#', async (text, expected) => {
    folder.write('wrong.yaml', `credentials:\n${text}`);
    await refuse(['--config', 'wayward.yaml', '--credentials', 'wrong.yaml'], `wrong.yaml${expected}`);
  });

  test.each([
    ['stat: x\n', ':1: "stat" is not a known key; write state'],
    ['max_disorder: banana\n', ':1: max_disorder is not a duration; write '],
    ['fingerprint_key: hunter2\n', ':1: fingerprint_key must not hold the secret itself'],
    ['state: [\n', 'wrong.yaml:'],
    ['response: { mode: atuo }\n', ':1: response.mode is not one of the known values; write mode: auto'],
  ])('wayward.yaml %#', async (text, expected) => {
    folder.write('wrong.yaml', text);
    await refuse(['--config', 'wrong.yaml'], expected);
  });

  test.each([
    ['kind: brust\n', ':1: kind is not one of the known values; write kind: burst'],
    ['id: Z z\n', ':1: id is not an id; write lower-case words'],
    ['id: new-thing\ntitle: T\ndescription: D\nkind: new-action\n', ':1: severity is missing; write severity: '],
    ['id: [\n', 'wrong.yaml:2: '],
  ])('detector %#', async (text, expected) => {
    mkdirSync(folder.path('rules'), { recursive: true });
    folder.write('rules/wrong.yaml', text);
    await refuse(['--config', 'wayward.yaml', '--detectors', 'rules'], expected);
  });

  test.each([
    [['--format', 'ngnix-json'], '--format is no known format; write nginx-json'],
    [['--since', '2026-10-02', '--until', '2026-10-01'], '--since is not before --until'],
    [['--fail-on', 'hihg'], 'Allowed choices are low, medium, high, critical'],
    [['--out', '.'], '--out .: is no file'],
    [['--out', 'good.log'], '--out good.log: is good.log, which is read'],
    [['--dead-letters', './good.log'], '--dead-letters ./good.log: is good.log, which is read'],
    [['--out', 'x', '--dead-letters', 'x'], '--out x: is what --dead-letters writes'],
    [['--out', '/nowhere/x'], '--out /nowhere/x: cannot be written (ENOENT)'],
  ])('options %j', async (args, expected) => {
    const before = readFileSync(folder.path('good.log'));
    await refuse(['--config', 'wayward.yaml', ...args], expected);
    expect(readFileSync(folder.path('good.log'))).toEqual(before);
  });

  test('no logs named on a terminal', async () => {
    const { signal } = new AbortController();
    let said = '';
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        said += String(chunk);
        done();
      },
    });
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    const io = { stdin, stdout: output, stderr: output, signal, env: {}, exitCode: 0 };
    expect(await runCli(['scan', '--config', folder.path('wayward.yaml')], io)).toBe(2);
    expect(said).toContain('no logs were named; write their paths, or - for standard input');
  });
});

describe('what scan gives', () => {
  test('--fail-on is exit 1 at that severity, 0 above it; --since and --until bound what is looked at', async () => {
    expect((await scan('--fail-on', 'medium', 'good.log')).code).toBe(1);
    expect((await scan('--fail-on', 'critical', 'good.log')).code).toBe(0);
    const stranger = new Date((T0 + 300) * 1000).toISOString();
    expect((await scan('--fail-on', 'low', '--until', stranger, 'good.log')).code).toBe(0);
    expect((await scan('--fail-on', 'low', '--since', stranger, 'good.log')).code).toBe(1);
  });

  const partials = () => readdirSync(folder.path('.')).filter((name) => name.includes('partial'));
  const untilPartial = async (child: ChildProcess): Promise<void> => {
    while (partials().length === 0 && child.exitCode === null) await sleep(10);
  };

  test('--out is replaced on completion only: an error or Ctrl-C leaves the old file and nothing else', async () => {
    folder.write('alerts.ndjson', 'old\n');
    expect((await scan('--out', 'alerts.ndjson', 'absent.log')).code).toBe(2);
    const child = start(folder.path('.'), ['scan', ...OPTIONS, '--out', 'alerts.ndjson', 'good.log', '-']);
    const result = ended(child);
    child.stdin?.write(`${good(1)}\n`);
    await untilPartial(child);
    expect(partials()).toHaveLength(1);
    child.kill('SIGINT');
    expectOrderly(await result, 130);
    expect((await result).stdout).toBe('');
    expect(partials()).toEqual([]);
    expect(readFileSync(folder.path('alerts.ndjson'), 'utf8')).toBe('old\n');

    const done = await scan('--out', 'alerts.ndjson', 'good.log');
    expectOrderly(done);
    expect(done.stdout).toBe('');
    expect(readFileSync(folder.path('alerts.ndjson'), 'utf8')).toBe((await scan('good.log')).stdout);
    expect(existsSync(folder.path('x'))).toBe(false);
  });

  test('a reader that has seen enough, such as head, is no error', async () => {
    folder.write('many.log', lines(...goods(0, 20_000)));
    const child = start(folder.path('.'), ['parse', ...OPTIONS, 'many.log']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    expect({ code, said }).toEqual({ code: 0, said: '' });
  });
});
