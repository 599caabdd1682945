import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward } from '../live/wayward.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startReceiver } from '../servers/receiver.ts';
import { describeWith } from '../servers/require-server.ts';
import { run } from './run.ts';

function configOf(content: object, postgresUrl = 'postgres://wayward:canary-in-url@127.0.0.1:9/postgres'): string {
  const folder = temporaryFolder();
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  file('url', postgresUrl);
  file('key', 'key of the webhook');
  file('empty.log', '');
  file('wayward.yaml', JSON.stringify({ revokers: { postgres: { url: 'secret://file/url' } }, ...content }));
  return join(folder, 'wayward.yaml');
}
const ndjson = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

test('the help teaches what a drill is and how to hold one', async () => {
  const { code, stdout } = await run(['drill', '--help']);
  expect(code).toBe(0);
  for (const word of ['postgres', 'vault', 'objective', 'Exit 1', 'wayward drill postgres', 'response.webhook'])
    expect(stdout).toContain(word);
});

test.each([
  [['drill'], {}, 'no drills; write drills: [{ with: postgres }], or name one: postgres, mariadb, vault, oauth'],
  [
    ['drill', 'oauth'],
    {},
    'drills: has no { with: oauth }; write one with its token_url, client_id, client_secret, resource_url',
  ],
  [['drill', 'postgers'], {}, 'no drill "postgers"; write postgres'],
  [
    ['drill'],
    { drills: [{ with: 'postgers' }] },
    'drills[0].with is not one of the known values; write with: postgres',
  ],
  [['drill'], { drills: [{}] }, 'drills[0].with is missing; write one of postgres, mariadb, vault, oauth'],
  [['drill'], { drills: [{ with: 'vault', objective: 60 }] }, 'drills[0].objective is not a duration; write'],
  [
    ['drill'],
    { drills: [{ with: 'vault', schedule: '0 25 * * *' }] },
    'drills[0].schedule is no cron schedule; write such as "0 4 * * *"',
  ],
  [['drill'], { drills: [{ with: 'vault', scedule: '0 4 * * *' }] }, '"scedule" is not a known key; write schedule'],
])('%j with %j is refused with what to write', async (args, content, message) => {
  const { code, stderr } = await run([...args, '--config', configOf(content)]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

test('an issuer that is away fails the drill: exit 1, one line of JSON, the webhook is told, and no secret is shown', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const webhook = { url: `${receiver.url}/soc`, secret: 'secret://file/key' };
  const config = configOf({ response: { webhook } });
  const { code, stdout, stderr } = await run(['drill', 'postgres', '--config', config]);
  expect(code).toBe(1);
  expect(ndjson(stdout)).toMatchObject([{ drill: 'postgres', passed: false, objective_ms: 60_000 }]);
  expect(String(ndjson(stdout)[0]?.note)).toMatch(/^clean: PostgreSQL: ECONNREFUSED/);
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'wayward.drill', data: { revoker: 'postgres', passed: false } },
  ]);
  const files = readdirSync(join(config, '..', '.wayward')).map((name) =>
    readFileSync(join(config, '..', '.wayward', name)),
  );
  for (const text of [stdout, stderr, receiver.received[0]?.body ?? '', Buffer.concat(files).toString('latin1')])
    expect(text).not.toContain('canary-in-url');
});

describeWith('wayward drill on a real server', startPostgres, (server) => {
  test('on a terminal: a table with the time of each step; exit 0', async () => {
    const config = configOf({ drills: [{ with: 'postgres', objective: '30s' }] }, server().url);
    const { code, stdout } = await run(['drill', '--config', config], { isTTY: true });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^DRILL +RESULT +DEAD AFTER +OBJECTIVE +STEPS \(MS\) +PROOF\npostgres +passed +\d+ ms +30000 ms/,
    );
    expect(stdout).toMatch(/clean \d+, create \d+, use \d+, revoke \d+, refuse \d+, remove \d+/);
    const audit = await run(['audit', 'verify', '--config', config]);
    expect(audit).toMatchObject({ code: 0, stderr: expect.stringContaining('whole (entries: 2)') });
  });

  test('wayward run holds it by its schedule, pauses while halted and says so, and goes on after', async () => {
    const drills = [{ with: 'postgres', schedule: '* * * * * *' }];
    const config = configOf({ drills, sources: [{ file: 'empty.log' }] }, server().url);
    const wayward = spawnWayward(config);
    onTestFinished(() => wayward.kill());
    const passed = (line: Readonly<Record<string, unknown>>) => line.msg === 'drill passed';
    const first = await wayward.line(passed);
    expect(first).toMatchObject({ drill: 'postgres', took_ms: expect.any(Number), steps_ms: expect.any(Object) });
    await run(['halt', '--as', 'ann', '--config', config]);
    const paused = (line: Readonly<Record<string, unknown>>) => line.msg === 'no drill: automatic response is halted';
    expect(await wayward.line(paused)).toMatchObject({ halted_by: 'ann', drill: 'postgres', level: 'warn' });
    expect((await run(['drill', 'postgres', '--config', config])).code).toBe(0);
    await run(['halt', '--off', '--config', config]);
    const before = wayward.lines.length;
    await wayward.line((line) => passed(line) && wayward.lines.indexOf(line) >= before);
    expect(await wayward.stop()).toBe(0);
    const left = await server().query("SELECT FROM pg_roles WHERE rolname LIKE 'wayward_canary%'");
    expect(left.rowCount).toBe(0);
  });
});
