import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';

const LOGS = fileURLToPath(new URL('../fixtures/logs', import.meta.url));
const NGINX = join(LOGS, 'nginx-access.jsonl');
const START = Date.UTC(2026, 10, 2, 10);

type Line = (number: number, time: Date) => object;

/** A log of forty records, a minute apart. */
const logOf = (line: Line): string =>
  Array.from(
    { length: 40 },
    (_, number) => `${JSON.stringify(line(number, new Date(START + number * 60_000)))}\n`,
  ).join('');

interface Place {
  readonly folder: string;
  readonly config: string;
  readonly registry: string;
  log(name: string, line: Line): string;
  init(...args: string[]): ReturnType<typeof run>;
}

function place(): Place {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  return {
    ...{ folder, config, registry: join(folder, 'credentials.yaml') },
    log(name, line) {
      const file = join(folder, name);
      writeFileSync(file, logOf(line));
      return file;
    },
    init: (...args) => run(['init', '--config', config, ...args]),
  };
}

const iso = (time: Date): string => time.toISOString();
const seconds = (time: Date): number => time.getTime() / 1_000;

/** Logs that nobody has described: what of them must be understood. */
const STRANGE: readonly (readonly [string, Line, object])[] = [
  [
    'a gateway of their own',
    (number, time) => ({
      ...{ when: iso(time), req: { verb: 'GET', target: `/v1/orders/${number}` }, caller: { agent_id: 'bot' } },
      ...{ peer: `10.0.0.${number}:4431`, http: { code: number % 9 === 1 ? 403 : 200 }, resp_bytes: 120 },
    }),
    { action: 'GET /v1/orders/{id}', identity: 'client_id', denied: 5 },
  ],
  [
    'milliseconds, and a request line',
    (number, time) => ({
      ts: time.getTime(),
      request: `POST /v1/x/${number} HTTP/1.1`,
      api_key_id: 'k-1',
      status: 201,
    }),
    { action: 'POST /v1/x/{id}', identity: 'credential_id', denied: 0 },
  ],
  [
    'decisions in words',
    (number, time) => ({
      ...{
        '@timestamp': iso(time),
        event: { action: 'read_document', result: number % 5 === 1 ? 'denied' : 'allowed' },
      },
      ...{ actor: { id: 'agent-1' }, src: { ip: '10.0.0.1' } },
    }),
    { action: 'read_document', identity: 'client_id', denied: 8 },
  ],
  [
    'statements, and times without a zone',
    (number, time) => ({
      ...{
        logged_at: iso(time).slice(0, 19).replace('T', ' '),
        sql: `SELECT * FROM public.orders WHERE id = ${number}`,
      },
      ...{ db_user: 'report', rows: number },
    }),
    { action: 'SELECT public.orders', identity: 'db_user', denied: 0 },
  ],
  [
    'tools, inside what a shipper wraps around them',
    (_, time) => ({ message: JSON.stringify({ time: seconds(time), tool: 'search_web', app_id: 'crawler' }) }),
    { action: 'search_web', identity: 'client_id', denied: 0 },
  ],
];

describe('wayward init', () => {
  test('writes a configuration and a registry that work, from logs whose formats it knows', async () => {
    const here = place();
    const { code, stdout } = await here.init('--identity', 'from-key-map', NGINX, join(LOGS, 'pgaudit.json'));
    expect(code).toBe(0);
    const config = loadConfig(here.config);
    expect(config.sources).toEqual([
      expect.objectContaining({ file: NGINX, identity: 'from-key-map' }),
      expect.objectContaining({ file: join(LOGS, 'pgaudit.json') }),
    ]);
    expect(config.response.mode).toBe('dry-run');
    expect(loadCredentials(here.registry).length).toBeGreaterThan(0);
    expect(stdout).toContain('nginx-json');
    expect(stdout).toContain('pgaudit-json');
    expect(stdout).toContain('Next:');
    const args = ['--config', here.config, '--identity', 'from-key-map', NGINX];
    const again = await run(['credentials', 'discover', ...args]);
    expect(again.stdout).toMatch(/^# 0 new/);
  });

  test.each(STRANGE)('a log of no known format, %s, is described, tried and shown', async (_name, line, expected) => {
    const here = place();
    const { action, identity, denied } = expected as { action: string; identity: string; denied: number };
    const file = here.log('strange.jsonl', line);
    const { code, stdout } = await here.init(file);
    expect(code).toBe(0);
    expect(stdout).toContain('a description was guessed');
    expect(stdout).toContain('"became":"event"');
    const parsed = await run(['parse', '--config', here.config, file]);
    const events = parsed.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(events).toHaveLength(40);
    expect(new Set(events.map(({ event }) => event.action))).toEqual(new Set([action]));
    expect(events.filter(({ wayward }) => wayward.result === 'denied')).toHaveLength(denied);
    for (const { wayward } of events) {
      expect(wayward.identities.map(({ key }: { key: string }) => key)).toEqual([identity]);
      // Nobody has said what proves it.
      expect(wayward.proof.state).toBe('declared');
    }
  });

  test('a log in which nobody can be seen to do anything is no log: nothing is written, exit 4', async () => {
    const here = place();
    for (const line of [
      (number: number) => ({ hello: 'world', number }),
      (_: number, time: Date) => ({ time: iso(time), level: 'info', msg: 'started' }),
    ] satisfies Line[]) {
      const { code, stderr } = await here.init(here.log('none.jsonl', line));
      expect(code).toBe(4);
      expect(stderr).toContain('Nothing was written');
      expect(readdirSync(here.folder)).not.toContain('wayward.yaml');
      expect(existsSync(here.registry)).toBe(false);
    }
  });

  test('one log that can be used is enough; the other is named with the reason', async () => {
    const here = place();
    const other = here.log('none.jsonl', (number) => ({ hello: 'world', number }));
    expect(await here.init(other, NGINX)).toMatchObject({ code: 0, stdout: expect.stringContaining('not used') });
    expect(readFileSync(here.config, 'utf8')).toContain('# Not used: ');
    expect(loadConfig(here.config).sources).toHaveLength(1);
  });

  test('overwrites nothing', async () => {
    const here = place();
    writeFileSync(here.registry, 'credentials: []\n');
    expect(await here.init(NGINX)).toMatchObject({ code: 0, stdout: expect.stringContaining('is as it was') });
    expect(readFileSync(here.registry, 'utf8')).toBe('credentials: []\n');
    const text = readFileSync(here.config, 'utf8');
    expect(await here.init(NGINX)).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
    expect(readFileSync(here.config, 'utf8')).toBe(text);
  });

  test('leaves nothing behind where the folder cannot be written, and asks for no log where nobody can answer', async () => {
    const here = place();
    expect(await here.init()).toMatchObject({ code: 2, stderr: expect.stringContaining('no logs were named') });
    const nowhere = join(here.folder, 'file');
    writeFileSync(nowhere, '');
    expect(await run(['init', '--config', join(nowhere, 'wayward.yaml'), NGINX])).toMatchObject({ code: 2 });
    expect(readdirSync(here.folder)).toEqual(['file']);
  });

  test('on a terminal it asks what proves the names, since only that decides what counts', async () => {
    const here = place();
    const { code, stderr } = await run(['init', '--config', here.config, NGINX], { typed: 'k\n' });
    expect(code).toBe(0);
    expect(stderr).toContain('by the key that it checked (k)');
    expect(loadConfig(here.config).sources[0]?.identity).toBe('from-key-map');
  });

  test('a name of a file is text, in the configuration and on the screen', async () => {
    const here = place();
    mkdirSync(join(here.folder, 'logs'));
    const file = join(here.folder, 'logs', 'a: [b] # \u001b[2J.jsonl');
    writeFileSync(file, readFileSync(NGINX));
    const { code, stdout } = await here.init(file);
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(loadConfig(here.config).sources.map((source) => source.file)).toEqual([file]);
  });
});
