import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward } from '../live/wayward.ts';
import { run } from './run.ts';

const GOOD = 12;
const TIMEOUT = 120_000;
const SECRET = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;

const line = (number: number): string =>
  JSON.stringify({
    time: new Date(Date.UTC(2026, 9, 5, 8, number)).toISOString(),
    msec: String(Date.UTC(2026, 9, 5, 8, number) / 1000),
    remote_addr: '10.1.2.3',
    credential: 'key-1',
    method: 'GET',
    uri: `/v1/orders/${number}`,
    args: number === 7 ? `token=${SECRET}` : '',
    status: 200,
    body_bytes_sent: 100,
  });

interface Place {
  readonly log: string;
  readonly config: string;
  format(id: string | undefined): void;
}

/** A gateway's log that wayward.yaml says is one of Vault, with a line at its end that nobody can use. */
function placeOf(text: string | Buffer, follow = false): Place {
  const folder = temporaryFolder();
  const [log, config] = [join(folder, 'access.log'), join(folder, 'wayward.yaml')];
  writeFileSync(log, text);
  writeFileSync(join(folder, 'key'), '0123456789abcdef'.repeat(4));
  chmodSync(join(folder, 'key'), 0o600);
  const credential = {
    id: 'cred-1',
    agent: 'agent-1',
    slot: 'gateway',
    kind: 'api-key',
    match: { credential_id: 'key-1' },
  };
  writeFileSync(join(folder, 'credentials.json'), JSON.stringify({ credentials: [credential] }));
  const format = (id: string | undefined): void => {
    const sources = [{ file: log, follow, format: id }];
    const fingerprint_key = 'secret://file/key';
    writeFileSync(config, JSON.stringify({ sources, credentials: 'credentials.json', fingerprint_key }));
  };
  format('vault-audit');
  return { log, config, format };
}

const text = `${Array.from({ length: GOOD }, (_, number) => line(number)).join('\n')}\n{"cut off ${SECRET}\n`;

/** `wayward run` until it has read everything. */
async function service(config: string) {
  const wayward = spawnWayward(config);
  onTestFinished(() => wayward.kill());
  await wayward.line(({ msg }) => msg === 'caught up', TIMEOUT);
  return wayward;
}

const letters = (config: string, ...args: string[]) => run(['dead-letters', ...args, '--config', config]);
const alerts = async (config: string) => (await run(['alerts', 'list', '--json', '--config', config])).stdout;

test(
  'a log in the wrong format: listed, replayed after the fix, each once',
  async () => {
    const { config, format } = placeOf(text, true);
    const first = await service(config);
    await first.stop();
    const listed = await letters(config);
    expect(listed.code).toBe(0);
    expect(
      listed.stdout
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each).replayed),
    ).toEqual(Array(GOOD + 1).fill(false));
    expect(listed.stderr).toMatch(/^wayward: 13 dead letters: \S+ 12, invalid-json 1$/m);
    expect(listed.stdout).not.toContain(SECRET);
    expect((await letters(config, '--reason', 'invalid-json')).stdout.trimEnd().split('\n')).toHaveLength(1);
    expect((await letters(config, '--source', 'elsewhere')).stderr).toContain('no dead letters');
    const shown = await run(['dead-letters', '--config', config], { isTTY: true });
    expect(shown.stdout).toMatch(/^SOURCE +POSITION +LENGTH +REASON +EXCERPT$/m);

    expect((await letters(config, 'replay')).stdout).not.toContain('can be used now');
    format('nginx-json');
    const dry = await letters(config, 'replay');
    expect(dry.stdout).toMatch(/^12 +can be used now: an event$/m);
    expect(dry.stdout).toMatch(/^1 +still unusable: invalid-json$/m);
    expect(dry.stderr).toContain('--execute replays 12');
    expect(await alerts(config)).toBe('');

    const second = await service(config);
    const done = await letters(config, 'replay', '--execute');
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).toContain('replayed 12 of 12');
    await expect.poll(() => alerts(config), { timeout: TIMEOUT }).not.toBe('');
    const after = await alerts(config);
    expect(
      after
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each).message),
    ).toEqual([expect.stringMatching(/secret/i)]);
    const again = await letters(config, 'replay', '--execute');
    expect(again.stdout).toMatch(/^12 +replayed before$/m);
    expect(again.stderr).toContain('nothing to replay');
    await second.stop();
    const { detection } = second.lines.find(({ msg }) => msg === 'stopped') as {
      detection: { late: number; seen: number };
    };
    expect(detection).toMatchObject({ seen: GOOD, late: GOOD });

    // What was replayed is part of the state: a restart does it no second time.
    const third = await service(config);
    await third.kill();
    expect(await alerts(config)).toBe(after);
  },
  TIMEOUT,
);

test(
  'without wayward run the replay waits for the next one, also through kill -9',
  async () => {
    const { config, format } = placeOf(text, true);
    await (await service(config)).stop();
    format('nginx-json');
    const waits = await letters(config, 'replay', '--execute');
    expect(waits.code).toBe(3);
    expect(waits.stderr).toContain('12 wait: no wayward run took them within 15 s');
    const killed = spawnWayward(config);
    await killed.line(({ msg }) => msg === 'watching', TIMEOUT);
    await killed.kill();
    const next = await service(config);
    await expect.poll(() => alerts(config), { timeout: TIMEOUT }).toMatch(/secret/i);
    await next.stop();
    expect((await alerts(config)).trimEnd().split('\n')).toHaveLength(1);
    expect((await letters(config, 'replay')).stdout).toMatch(/^12 +replayed before$/m);
  },
  TIMEOUT,
);

test(
  'a gzip file that is read once: the next run does it',
  async () => {
    const { config, format } = placeOf(gzipSync(text));
    await (await service(config)).stop();
    format('nginx-json');
    expect((await letters(config, 'replay', '--execute')).code).toBe(3);
    const next = await service(config);
    await expect.poll(() => alerts(config), { timeout: TIMEOUT }).toMatch(/secret/i);
    await next.stop();
    expect((await letters(config, 'replay')).stdout).toMatch(/^12 +replayed before$/m);
  },
  TIMEOUT,
);

test(
  'a file that was rotated, cut or removed: told as gone, nothing is misread',
  async () => {
    const { config, format, log } = placeOf(text);
    await (await service(config)).stop();
    format('nginx-json');
    const other = readFileSync(log, 'utf8').replaceAll('/v1/orders', '/v1/orderz');
    for (const [content, gone] of [
      [other, 12], // the last line is still the same
      [other.slice(0, 50), 13],
      ['', 13],
    ] as const) {
      writeFileSync(log, content);
      const dry = await letters(config, 'replay', '--execute');
      expect(dry.stdout).toMatch(new RegExp(`^${gone} +gone: another record or none stands there$`, 'm'));
      expect(dry.stderr).toContain('nothing to replay');
    }
  },
  TIMEOUT,
);

test('the file of a scan: looked at and tried, but a scan has no state to put events into', async () => {
  const { log, config, format } = placeOf(text);
  const file = join(log, '..', 'letters.ndjson');
  await run(['scan', log, '--format', 'vault-audit', '--dead-letters', file, '--config', config]);
  format('nginx-json');
  expect((await letters(config, '--dead-letters', file)).stderr).toContain('13 dead letters');
  expect((await letters(config, 'replay', '--dead-letters', file)).stdout).toMatch(/^12 +can be used now: an event$/m);
  const refused = await letters(config, 'replay', '--dead-letters', file, '--execute');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('scan the logs again');
});

test("lines that are no dead letters are counted and passed over; a file that isn't there is said", async () => {
  const { config, log } = placeOf(text);
  const file = join(log, '..', 'letters.ndjson');
  writeFileSync(file, '{"source":"a"}\n{"__proto__":{"source":"a"}}\nnull\n{"cut off');
  expect((await letters(config, '--dead-letters', file)).stderr).toContain(
    '4 of what stands there are no dead letters',
  );
  const missing = await letters(config, '--dead-letters', `${file}.not`);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('letters.ndjson.not is not there');
});
