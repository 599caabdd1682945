import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { problemsOf, temporaryFile } from './temp.ts';

const SECRET = 'secret://env/WEBHOOK_KEY';
const written = (content: object) => temporaryFile('wayward.yaml', stringify(content));
const webhook = (hook: object) => written({ response: { webhook: { secret: SECRET, ...hook } } });

test.each([
  [{ url: 'https://soc.example.com/wayward' }],
  [{ url: 'http://127.0.0.1:9000' }],
  [{ url: 'http://127.8.0.1:9000' }],
  [{ url: 'http://localhost:9000/wayward' }],
  [{ url: 'http://[::1]:9000' }],
  [{ url: 'http://soc.internal/wayward', allow_http: true }],
])('the webhook may be %j', (hook) => {
  expect(loadConfig(webhook(hook)).response.webhook).toMatchObject(hook);
});

test.each([
  ['http://soc.example.com/wayward'],
  ['http://10.1.2.3/wayward'],
  ['http://127.0.0.1.example.com/'],
  ['http://localhost.example.com/'],
  ['HTTP://soc.example.com/'],
])('the webhook may not be %s', (url) => {
  const file = webhook({ url });
  expect(problemsOf(file, () => loadConfig(file))).toEqual([
    expect.stringMatching(/^FILE:\d+: response\.webhook\.url must be https, .* write allow_http: true/),
  ]);
});

const BASE64 = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37) % 256)).toString('base64');

async function warningsOf(key: string): Promise<string[]> {
  const file = written({
    response: { webhook: { url: 'https://soc.example.com', secret: SECRET } },
    revokers: { webhook: { secret: SECRET } },
  });
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  await loadConfig(file).resolveSecrets(['response', 'revokers'], { env: { WEBHOOK_KEY: key }, warn });
  expect(warnings.join()).not.toContain(key.replace('whsec_', ''));
  return warnings.filter((warning) => !warning.startsWith(SECRET)); // where the value lies is another matter
}

test.each([BASE64, BASE64.replaceAll('+', '-').replaceAll('/', '_'), BASE64.replace(/=+$/, '')])(
  'a key in base64 without whsec_ is warned about: %s',
  async (key) => {
    const doubt =
      'looks like base64 and signs as the text that it is; write whsec_ before it where the receiver decodes it';
    expect(await warningsOf(key)).toEqual([`response.webhook.secret ${doubt}`, `revokers.webhook.secret ${doubt}`]);
  },
);

test('whsec_ without base64 behind it is warned about', async () => {
  expect((await warningsOf('whsec_{}!'))[0]).toContain('no base64 follows');
});

test.each([
  `whsec_${BASE64}`,
  'correct horse battery staple',
  'a'.repeat(64),
  '0123456789abcdef'.repeat(4),
  'Short1Key',
])('nothing is said of %s', async (key) => {
  expect(await warningsOf(key)).toEqual([]);
});

test('secrets that are not fetched are not looked at', async () => {
  const file = webhook({ url: 'https://soc.example.com' });
  const warnings: string[] = [];
  await loadConfig(file).resolveSecrets(['revokers'], { env: {}, warn: (message) => warnings.push(message) });
  expect(warnings).toEqual([]);
});
