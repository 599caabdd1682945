import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { run } from '../cli/run.ts';
import { problemsOf, temporaryFile } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';

const KEY = 'secret://env/APPROVAL_KEY';
const webhook = { url: 'https://soc.example.com/wayward', secret: 'secret://env/WEBHOOK_KEY' };

const written = (approvals: object, more: object = { http: {} }, hook: object = { webhook }) =>
  temporaryFile('wayward.yaml', stringify({ ...more, response: { ...hook, approvals } }));

const problems = (file: string) =>
  problemsOf(file, () => loadConfig(file)).map((line) => line.replace(/^FILE:\d+: /, ''));

test.each([
  ['https://wayward.example.com'],
  ['https://example.com:8443/wayward/'],
  ['http://127.0.0.1:8080'],
  ['http://localhost:8080'],
  ['http://[::1]:8080'],
])('links may point to %s', (url) => {
  expect(loadConfig(written({ url, key: KEY })).response.approvals?.url).toBe(url);
});

test.each([
  [
    'http://wayward.example.com',
    'must be https, since whoever sees a link may approve; write url: https://wayward.example.com',
  ],
  [
    'https://ann:pw@wayward.example.com',
    'must have no user, query or fragment; write url: https://wayward.example.com',
  ],
  ['https://wayward.example.com/?a=b', 'must have no user, query or fragment; write url: https://wayward.example.com'],
  ['ftp://wayward.example.com', 'is not the address of a website; write url: https://wayward.example.com'],
  ['https://', 'is not the address of a website; write url: https://wayward.example.com'],
  ['wayward.example.com', 'is not the address of a website; write url: https://wayward.example.com'],
])('links may not point to %s', (url, problem) => {
  expect(problems(written({ url, key: KEY }))).toEqual([`response.approvals.url ${problem}`]);
});

test('the key is needed, and stands elsewhere', () => {
  const url = 'https://wayward.example.com';
  expect(problems(written({ url }))).toEqual([
    expect.stringMatching(/^response\.approvals\.key is missing; .*secret:\/\//),
  ]);
  const [problem] = problems(written({ url, key: 'in-clear-text' }));
  expect(problem).toMatch(/^response\.approvals\.key must not hold the secret itself; /);
  expect(problem).not.toContain('in-clear-text');
});

test('links need a webhook that carries them, and a server; on Kafka another process may be that', () => {
  const approvals = { url: 'https://wayward.example.com', key: KEY };
  expect(problems(written(approvals, {}, {}))).toEqual([
    'response.approvals needs a webhook that carries the links; write response.webhook, too',
    'response.approvals needs a server for the links; write http: { port: 8080 }',
  ]);
  expect(loadConfig(written(approvals, { kafka: { brokers: ['localhost:9092'] } })).http).toBeUndefined();
});

test.each([
  [{}, /response\.approvals\.key .*APPROVAL_KEY.* is not set/],
  [
    { APPROVAL_KEY: 'short' },
    /response\.approvals\.key \(secret:\/\/env\/APPROVAL_KEY\) is shorter than 32 characters; make one with: openssl rand -hex 32/,
  ],
])(
  'a key that is not there, or that could be guessed, ends the run: exit 2 and what to write',
  async (env, message) => {
    const port = await freePort();
    const log = temporaryFile('access.json', '');
    const file = written(
      { url: 'https://wayward.example.com', key: KEY },
      { http: { port }, sources: [{ file: log }] },
    );
    const { code, stderr } = await run(['run', '--config', file], { env: { WEBHOOK_KEY: 'k', ...env } });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('short is');
  },
);
