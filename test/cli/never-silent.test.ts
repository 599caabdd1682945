import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { problemsOf, temporaryFile, temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

const LOGS = fileURLToPath(new URL('../fixtures/logs', import.meta.url));
const NGINX = join(LOGS, 'nginx-access.jsonl');
const REGISTRY = 'credentials:\n  - { id: a, agent: a, kind: api-key, match: { credential_id: cred-agent-a } }\n';
const config = () => temporaryFile('wayward.yaml', '');

describe('a scan that saw nothing does not end as one that found nothing', () => {
  const scan = (...args: string[]) => run(['scan', '--config', config(), ...args]);

  test.each([
    ['a folder', () => [temporaryFolder()]],
    ['a folder beside a log', () => [temporaryFolder(), NGINX]],
    ['a log of no known format', () => [temporaryFile('a.log', 'what is this?\n'.repeat(20))]],
    ['a pattern that no file fits', () => [join(temporaryFolder(), '*.json')]],
    ['names that nothing proves', () => ['--format', 'nginx-combined', temporaryFile('a.log', combined('admin'))]],
    ['uses that name nobody', () => ['--format', 'nginx-combined', temporaryFile('a.log', combined('-'))]],
  ])('%s: exit 4', async (_name, args) => {
    expect((await scan(...args())).code).toBe(4);
  });

  test.each([
    ['what names somebody', () => [NGINX]],
    ['an empty log', () => [temporaryFile('a.log', '')]],
  ])('%s: exit 0', async (_name, args) => {
    expect((await scan(...args())).code).toBe(0);
  });

  test('whoever waits for alerts is told of them first', async () => {
    const registry = temporaryFile('credentials.yaml', REGISTRY.replace('agent: a,', 'agent: a, honeytoken: true,'));
    const args = ['--credentials', registry, '--identity', 'from-key-map', NGINX, temporaryFolder()];
    expect((await scan('--fail-on', 'critical', ...args)).code).toBe(1);
    expect((await scan(...args)).code).toBe(4);
  });

  test('says where the registry names nobody of whom the logs tell, and where it does, nothing', async () => {
    const of = (value: string) => temporaryFile('credentials.yaml', REGISTRY.replace('cred-agent-a', value));
    expect((await scan('--credentials', of('cred-agent-A'), NGINX)).stderr).toContain('credentials discover');
    expect((await scan('--credentials', of('cred-agent-a'), NGINX)).stderr).not.toContain('credentials discover');
  });

  test('says where an exception names nobody', async () => {
    const detectors = join(temporaryFolder(), 'detectors');
    mkdirSync(join(detectors, 'local'), { recursive: true });
    const exception = (whom: string) =>
      `extends: new-action\nexceptions:\n  - { agent: "${whom}", until: 2030-01-01, because: "a test of it" }\n`;
    const said = async (whom: string) => {
      writeFileSync(join(detectors, 'local', 'mine.yaml'), exception(whom));
      return scan('--credentials', temporaryFile('credentials.yaml', REGISTRY), '--detectors', detectors, NGINX);
    };
    expect((await said('b')).stderr).toContain('matches no credential of the registry');
    expect((await said('a')).stderr).not.toContain('matches no credential of the registry');
  });
});

const combined = (user: string): string =>
  `10.9.8.7 - ${user} [02/Nov/2026:08:00:00 +0000] "GET /v1/orders HTTP/1.1" 200 68 "-" "curl/8.1"\n`.repeat(20);

describe('where the state folder cannot be written', () => {
  const place = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const file = join(folder, 'wayward.yaml');
    writeFileSync(file, 'state: file/state\n');
    return { folder, file };
  };

  test.each(['scan', 'parse', 'backtest'])('%s reads all the same, and says what it cannot tell', async (command) => {
    const { folder, file } = place();
    const { code, stderr, stdout } = await run([command, '--config', file, NGINX]);
    expect(code).toBe(0);
    expect(stdout).not.toBe('');
    expect(stderr).toContain('the state folder cannot be written');
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'wayward.yaml']);
  });

  test('scan --save does not, since it is there that it saves', async () => {
    expect((await run(['scan', '--save', '--config', place().file, NGINX])).code).not.toBe(0);
  });
});

describe('what is wrong with a file is said once, and as it is', () => {
  const problems = (text: string): string[] => {
    const file = temporaryFile('wayward.yaml', text);
    return problemsOf(file, () => loadConfig(file));
  };

  test('a day that no calendar has', () => {
    const file = temporaryFile('credentials.yaml', REGISTRY.replace('agent: a,', 'agent: a, expires_at: 2027-02-30,'));
    expect(problemsOf(file, () => loadCredentials(file))[0]).toContain('is a day that no calendar has');
    const later = temporaryFile('credentials.yaml', REGISTRY.replace('agent: a,', 'agent: a, expires_at: yesterday,'));
    expect(problemsOf(later, () => loadCredentials(later))[0]).toContain('is not a time with its zone');
  });

  test.each(['sources: [{ file: a\nx: "', 'sources:\n  - file: "a\n\tb: [', '{{{', 'a: b: c: d', '- a\nb: [}'])(
    'no mistake of YAML twice: %j',
    (text) => {
      const found = problems(text);
      expect(new Set(found).size).toBe(found.length);
    },
  );

  test.each([
    'http: { prt: 1 }',
    'kafka: { zzzz: 1 }',
    'response: { webhook: { qqqq: 1 } }',
    'drills: [{ qqqq: 1 }]',
    'qqqq: 1',
  ])('no list of nothing to choose from: %s', (text) => {
    for (const problem of problems(text)) expect(problem).not.toMatch(/one of\s*$|one of ,/);
  });
});

describe('one word for one thing', () => {
  test('who decides is --by, everywhere; --as still is for a while, but not beside it', async () => {
    const file = temporaryFile('wayward.yaml', '');
    for (const option of ['--by', '--as'])
      expect((await run(['halt', option, 'ann', '--config', file])).stderr).toContain('halt');
    expect((await run(['halt', '--help'])).stdout).not.toContain('--as');
    expect((await run(['halt', '--by', 'ann', '--as', 'bob', '--config', file])).code).toBe(2);
  });

  test('the list of alerts says whom each is about', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'wayward.yaml');
    writeFileSync(file, '');
    const log = temporaryFile('a.jsonl', `${JSON.stringify(honey)}\n`);
    const registry = temporaryFile('credentials.yaml', REGISTRY.replace('agent: a,', 'agent: a, honeytoken: true,'));
    await run(['scan', '--save', '--config', file, '--credentials', registry, '--identity', 'from-key-map', log]);
    const { stdout } = await run(['alerts', 'list', '--config', file], { isTTY: true });
    expect(stdout).toMatch(/PRINCIPAL[\s\S]*a\/api-key/);
  });
});

const honey = {
  ...{
    time: '2026-11-02T08:00:00+00:00',
    request_id: 'r',
    remote_addr: '10.1.2.3',
    credential: 'cred-agent-a',
    method: 'GET',
  },
  ...{ uri: '/', status: 200, body_bytes_sent: 1, request_time: 0.01, user_agent: 'x' },
};
