import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 2, 8);
const TOKEN = `Bearer eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)}`;

interface Call {
  readonly at: number;
  readonly method?: string;
  readonly uri: string;
  readonly address?: string;
  readonly client?: string;
  readonly credential?: string;
  readonly status?: number;
}

const line = (call: Call): string => {
  const {
    at,
    method = 'GET',
    uri,
    address = '10.4.0.7',
    client = 'billing/1.0',
    credential = 'key-1',
    status = 200,
  } = call;
  return JSON.stringify({
    ...{ time: new Date(at).toISOString().replace('.000Z', '+00:00'), request_id: `${at}-${credential}-${uri}` },
    ...{
      remote_addr: address,
      credential,
      method,
      uri,
      status,
      body_bytes_sent: 100,
      request_time: 0.01,
      user_agent: client,
    },
  });
};

/** Two weeks in which both agents read orders each quarter of an hour, by day. */
const usual = Array.from(
  { length: 14 * 32 },
  (_, number) => START + Math.floor(number / 32) * DAY + (number % 32) * 900_000,
).flatMap((at) => ['key-1', 'key-2'].map((credential) => line({ at, uri: '/v1/orders/8812', credential })));
const THEFT = START + 14 * DAY + 3_600_000;
const thief = { address: '198.51.100.23', client: 'curl/8.1' };
const stolen = [
  line({ ...thief, at: THEFT, uri: '/v1/orders/17' }),
  line({ ...thief, at: THEFT + 60_000, method: 'POST', uri: '/v1/apikeys' }),
  line({ ...thief, at: THEFT + 120_000, method: 'DELETE', uri: '/v1/users/17', status: 204 }),
  line({ ...thief, at: THEFT + 180_000, method: 'DELETE', uri: '/v1/users/18', status: 403 }),
  line({ ...thief, at: THEFT + 240_000, uri: `/v1/orders/18?auth=${encodeURIComponent(TOKEN)}`, client: TOKEN }),
  line({ at: THEFT + 300_000, uri: '/v1/orders/1', credential: 'key-2' }),
];

const REGISTRY = `credentials:
  - { id: one, agent: billing, slot: gateway, kind: api-key, owner: team-billing@example.com, match: { credential_id: key-1 } }
  - { id: two, agent: shipping, slot: gateway, kind: api-key, match: { credential_id: key-2 } }
`;

// biome-ignore lint/suspicious/noExplicitAny: a document as whoever reads it finds it
type Document = any;

async function alertsOf(
  lines: readonly string[],
): Promise<{ alerts: Document[]; text: string; args: string[]; log: string }> {
  const folder = temporaryFolder();
  const log = join(folder, 'access.jsonl');
  writeFileSync(log, `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'credentials.yaml'), REGISTRY);
  const config = temporaryFile('wayward.yaml', '');
  const args = ['--config', config, '--credentials', join(folder, 'credentials.yaml'), '--identity', 'from-key-map'];
  const { stdout } = await run(['scan', ...args, '--json', log]);
  const alerts = stdout
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  return { alerts, text: stdout, args, log };
}

const ofBilling = (alerts: readonly Document[]): Document =>
  alerts.find(({ wayward }) => wayward.principal === 'billing/gateway');

describe('an alert says what happened', () => {
  test('all that was done with the key while the incident ran, surprising or not, and only that', async () => {
    const { alerts } = await alertsOf([...usual, ...stolen]);
    const { activity, credential } = ofBilling(alerts).wayward;
    expect(credential).toEqual({ id: ['one'], owner: ['team-billing@example.com'] });
    expect(activity.actions.map(({ name, new: isNew, objects }: Document) => [name, isNew, objects])).toEqual([
      ['GET /v1/orders/{id}', false, ['/v1/orders/17', '/v1/orders/18']],
      ['POST /v1/apikeys', true, undefined],
      ['DELETE /v1/users/{id}', true, ['/v1/users/17', '/v1/users/18']],
    ]);
    expect(activity.addresses).toEqual([{ name: '198.51.100.23', requests: expect.any(Number), new: true }]);
    expect(activity.clients[0]).toMatchObject({ name: 'curl/8.1', new: true });
    expect(activity.examples).toHaveLength(3);
    expect(activity.examples[2]).toMatchObject({ action: 'DELETE /v1/users/{id}', result: 'success', status: 204 });
  });

  test('once it is over, to its very end; a refusal is told as one, and a secret is told nowhere', async () => {
    const later = [line({ at: THEFT + 5 * 3_600_000, uri: '/v1/orders/1', credential: 'key-2' })];
    const { alerts, text } = await alertsOf([...usual, ...stolen, ...later]);
    const { activity, incident } = ofBilling(alerts).wayward;
    expect(incident.state).toBe('over');
    expect(activity).toMatchObject({ requests: 5, denied: 1 });
    expect(activity.actions.at(-1)).toMatchObject({
      requests: 2,
      denied: 1,
      objects: ['/v1/users/17', '/v1/users/18'],
    });
    expect(text).not.toContain('b'.repeat(43));
  });

  test('bounded, whatever is done: what is beyond is counted', async () => {
    const many = Array.from({ length: 300 }, (_, number) =>
      line({
        ...thief,
        at: THEFT + number * 1_000,
        uri: `/v1/${String.fromCharCode(97 + (number % 26))}${number}x/${'y'.repeat(500)}`,
      }),
    );
    const later = [line({ at: THEFT + 5 * 3_600_000, uri: '/v1/orders/1', credential: 'key-2' })];
    const { activity } = ofBilling((await alertsOf([...usual, ...many, ...later])).alerts).wayward;
    expect(activity.actions).toHaveLength(12);
    const told = activity.actions.reduce((sum: number, { requests }: Document) => sum + requests, 0);
    expect(told + activity.other_requests).toBe(activity.requests);
    expect(activity.requests).toBe(300);
    expect(JSON.stringify(activity).length).toBeLessThan(10_000);
  });
});

describe('wayward explain', () => {
  async function explained(...more: string[]): Promise<{ stdout: string; code: number; stderr: string; log: string }> {
    const { alerts, text, args, log } = await alertsOf([...usual, ...stolen]);
    const from = ['--alerts', temporaryFile('alerts.ndjson', text)];
    const id = ofBilling(alerts).event.id.slice(0, 10);
    return { ...(await run(['explain', id, ...from, ...args, ...more, log], { isTTY: true })), log };
  }

  test('shows the records that an alert rests on where they stand in the log', async () => {
    const { code, stdout, log } = await explained('--json');
    expect(code).toBe(0);
    const bytes = readFileSync(log);
    const { records } = JSON.parse(stdout);
    expect(records.length).toBeGreaterThanOrEqual(3);
    const lines = records.map(({ file, position }: Document) => {
      expect(file).toBe(log);
      return JSON.parse(bytes.subarray(position, bytes.indexOf(10, position)).toString());
    });
    expect(lines.map(({ remote_addr }: Document) => remote_addr)).toEqual(lines.map(() => thief.address));
  });

  test('tells a person what was done, what is usual, and what to look at', async () => {
    const { stdout } = await explained();
    expect(stdout).toMatch(/POST \/v1\/apikeys +1×, first .*never done before/);
    expect(stdout).toContain('198.51.100.23  ');
    for (const title of ['What happened', 'What is usual', 'What to look at', 'Records'])
      expect(stdout).toContain(title);
    expect(stdout).toContain('team-billing@example.com');
  });

  test('says so where there is no such alert, or more than one', async () => {
    const { alerts, text } = await alertsOf([...usual, ...stolen]);
    const file = temporaryFile(
      'alerts.ndjson',
      `${text}${text.replaceAll(ofBilling(alerts).event.id, `${ofBilling(alerts).event.id.slice(0, 31)}!`)}`,
    );
    const config = temporaryFile('wayward.yaml', '');
    const none = await run(['explain', 'zz', '--alerts', file, '--config', config]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no alert begins with "zz"') });
    const both = await run(['explain', ofBilling(alerts).event.id.slice(0, 8), '--alerts', file, '--config', config]);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('several alerts') });
    const kept = await run(['explain', 'zz', '--config', temporaryFile('wayward.yaml', 'state: here\n')]);
    expect(kept.code).toBe(2);
  });
});
