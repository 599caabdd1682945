import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { approve, dismiss, halt, resume } from '../../src/response/control.ts';
import { alertOf } from '../response/alert-of.ts';
import { type ApprovalPlace, ask, newPlace, OWN, press } from './place.ts';

const MINUTE = 60_000;
const yes = { decision: 'approve', by: 'Ann' };
const no = { decision: 'refuse', by: 'Ann' };

/** Nothing was decided, and nobody was called. */
const untouched = ({ steps, issuer }: ApprovalPlace): boolean =>
  steps().every(({ state }) => state === 'planned') && issuer.calls.length === 0;

const counted = async (place: ApprovalPlace, counts: object) =>
  expect.poll(() => place.counts(), { timeout: 5_000 }).toEqual(counts);

describe('the link', () => {
  test('stands in the notification, once for each plan that waits', async () => {
    const place = await newPlace();
    const first = await place.waits();
    expect(first).toMatch(new RegExp(`^${place.url}/approve/alert-1/\\d{13}/[\\w-]{43}/[\\w-]{43}$`));
    place.later(MINUTE);
    await place.waits({ severity: 'critical', credentials: ['cred-billing-pg', 'cred-other'] });
    const [again, second, ...others] = place.links();
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    expect(others).toEqual([]);
    for (const [link, credential] of [
      [again, 'cred-billing-pg'],
      [second, 'cred-other'],
    ]) {
      expect((await press(link ?? '', yes)).status).toBe(200);
      await place.made();
      expect(place.issuer.calls.at(-1)?.credential).toBe(credential);
    }
    expect(place.issuer.calls).toHaveLength(2);
  });

  test('is about everything that the alert wants at once', async () => {
    const place = await newPlace();
    const link = await place.waits({ credentials: ['cred-billing-pg', 'cred-other'] });
    const { text } = await ask(link);
    for (const credential of ['cred-billing-pg', 'cred-other']) expect(text).toContain(credential);
    expect((await press(link, yes)).status).toBe(200);
    await place.made();
    expect(place.issuer.dead).toEqual(new Set(['cred-billing-pg', 'cred-other']));
    expect(place.record()[1]).toMatchObject({ type: 'approved', credentials: ['cred-billing-pg', 'cred-other'] });
  });

  test.each([['dry-run'], ['auto']])('there is none where nothing waits: mode %s', async (mode) => {
    const place = await newPlace({ mode });
    expect(await place.waits()).toBe('');
  });

  test('it is kept nowhere: not in the store, the head file, the log, the metrics or the record', async () => {
    const place = await newPlace();
    const link = await place.waits();
    await ask(link);
    await press(link, yes);
    await press(link, { ...yes, by: '' });
    await ask(`${link}x`);
    await place.made();
    const signature = link.slice(-43);
    const state = join(place.folder, 'state');
    const files = readdirSync(state).map((name) => readFileSync(join(state, name), 'latin1'));
    const shown = [place.log(), JSON.stringify(place.record()), (await ask(`${place.url}/metrics`)).text];
    for (const text of [...files, ...shown]) {
      expect(text).not.toContain(signature);
      expect(text).not.toContain('long enough to sign');
    }
    expect(files.join('')).toContain('alert-1');
  });

  test('a page of the breaker links to what waits, to ten at most', async () => {
    const place = await newPlace({ mode: 'auto', limits: { credentials: 1 }, min_confidence: 1 });
    const doubtful = { attribution: { method: 'db_user', confidence: 0.9 } } as const;
    for (let number = 1; number <= 12; number++) await place.waits({ ...doubtful, id: `alert-${number}` });
    expect(place.links()).toHaveLength(1);
    await place.waits({ id: 'alert-90' });
    await place.waits({ id: 'alert-91', credentials: ['cred-other'] });
    const paged = place.pages().at(-1)?.approvals ?? [];
    expect(paged.map(({ alert }) => alert)).toEqual(Array.from({ length: 10 }, (_, at) => `alert-${at + 1}`));
    expect(paged[3]).toMatchObject({ agent: 'billing-agent-1', ends_at: expect.stringMatching(/Z$/) });
    expect((await ask(paged[3]?.url ?? '')).text).toContain('alert-4');
  });
});

describe('who opens the link', () => {
  test('sees agent, credential, alert, what would be done and until when, and changes nothing, also by HEAD', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const preview = { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' };
    for (let time = 0; time < 3; time++) {
      const { status, text } = await ask(link, 'GET', preview);
      expect(status).toBe(200);
      for (const part of [
        'billing-agent-1',
        'cred-billing-pg',
        'read public.payment_cards for the first time',
        place.issuer.url,
        '15 min left',
        '1 event, attributed by db_user with confidence 1',
        '10.4.0.9',
      ])
        expect(text).toContain(part);
      const head = await ask(link, 'HEAD', preview);
      expect([head.status, head.text]).toEqual([200, '']);
    }
    await ask(`${link}?decision=approve&by=Eve`);
    await place.made();
    expect(untouched(place)).toBe(true);
    expect(place.record().map(({ type }) => type)).toEqual(['decided']);
    await counted(place, { shown: 7 });
  });

  test('gets a page without script, that nobody keeps, frames, indexes or learns the address of', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const { headers, text } = await ask(link);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow, noarchive',
      'x-frame-options': 'DENY',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(text).not.toMatch(/<script|javascript:|\s(?:on\w+|src|href|action|style)=|<meta http-equiv/i);
  });

  test('sees markup, invisible and turning characters of a hostile log as text', async () => {
    const place = await newPlace({}, { owner: '"><img src=x onerror=alert(1)>' });
    const link = await place.waits({
      title: '</title><script>alert(1)</script>',
      reason: `a\u202eb\u0000c\u200bd & <b> ${'x'.repeat(100_000)}`,
    });
    const { text } = await ask(link);
    expect(text).not.toMatch(/<script|<img|<b>/);
    expect(text).toContain('&lt;script&gt;alert(1)');
    expect(text).toContain('&quot;&gt;&lt;img');
    expect(text).toContain('a\ufffdb\ufffdc\ufffdd &amp; &lt;b&gt;');
    expect(text.length).toBeLessThan(10_000);
  });
});

describe('who presses a button', () => {
  test('approves: it is done, proven, and the record says who, and that it came by a link', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const { status, text } = await press(link, { ...yes, by: '  Ann Müller ' });
    expect(status).toBe(200);
    expect(text).toContain('Approved by <bdi>Ann Müller</bdi>');
    await place.made();
    expect(place.issuer.dead).toEqual(new Set(['cred-billing-pg']));
    expect(place.steps()).toMatchObject([{ state: 'verified', decidedBy: 'Ann Müller' }]);
    expect(place.record()).toMatchObject([
      { type: 'decided' },
      { type: 'approved', by: 'Ann Müller', via: 'link', credentials: ['cred-billing-pg'] },
      { type: 'verified', by: 'Ann Müller' },
    ]);
    expect(place.response.audit.verify().problems).toEqual([]);
    expect((await ask(link)).text).toMatch(/Approved by <bdi>Ann Müller<\/bdi> at [\d: -]+ UTC, and done/);
    await counted(place, { approved: 1, shown: 1 });
  });

  test('again, or as somebody else, or with the other button, changes nothing and sees what was decided', async () => {
    const place = await newPlace();
    const link = await place.waits();
    await press(link, yes);
    await place.made();
    const before = place.record();
    for (const fields of [yes, { ...yes, by: 'Bob' }, no]) {
      const { status, text } = await press(link, fields);
      expect(status).toBe(409);
      expect(text).toContain('Approved by <bdi>Ann</bdi>');
      expect(text).not.toContain('Bob');
    }
    await place.made();
    expect(place.record()).toEqual(before);
    expect(place.issuer.calls).toHaveLength(1);
    await counted(place, { approved: 1, decided: 3 });
  });

  test('at the same time as others: one of them decides', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const came = await Promise.all(
      names.map((by, at) => press(link, { by, decision: at % 2 === 0 ? 'approve' : 'refuse' })),
    );
    expect(came.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(place.record().filter(({ via }) => via === 'link')).toHaveLength(1);
  });

  test('refuses: it is not done, and the record says who', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const { status, text } = await press(link, no);
    expect(status).toBe(200);
    expect(text).toContain('Refused by <bdi>Ann</bdi>');
    await place.made();
    place.later(20 * MINUTE);
    await place.made();
    expect(place.issuer.calls).toEqual([]);
    expect(place.record().slice(1)).toMatchObject([{ type: 'refused', by: 'Ann', via: 'link' }]);
    expect(place.record()).toHaveLength(2);
    expect((await press(link, yes)).status).toBe(409);
    expect((await ask(link)).text).toContain('Refused by <bdi>Ann</bdi>');
    expect(() => approve('alert-1', 'Bob', place.response)).toThrow('nothing waits');
  });

  test('a refused plan is asked for anew when the alert gets worse, with another link', async () => {
    const place = await newPlace();
    const link = await place.waits();
    await press(link, no);
    place.later(MINUTE);
    const next = await place.waits({ severity: 'critical', revision: 2 });
    expect(next).not.toBe(link);
    expect((await press(link, yes)).status).toBe(410);
    expect((await press(next, yes)).status).toBe(200);
  });

  test('finds out that somebody approved it on the command line, or closed the alert', async () => {
    const place = await newPlace();
    const [first, second] = [await place.waits(), await place.waits({ id: 'alert-2', credentials: ['cred-other'] })];
    approve('alert-1', 'bob', place.response);
    const answer = await press(first, yes);
    expect([answer.status, answer.text.includes('Approved by <bdi>bob</bdi>')]).toEqual([409, true]);
    dismiss('alert-2', 'closed as benign by bob', place.response);
    const closed = await press(second, yes);
    expect([closed.status, closed.text.includes('closed as benign by bob')]).toEqual([410, true]);
  });
});

describe('a link that does nothing any more', () => {
  test('is too late at its deadline, whether the end is on record yet or not', async () => {
    const place = await newPlace();
    const link = await place.waits();
    place.later(15 * MINUTE);
    for (const settle of [async () => {}, () => place.made()]) {
      await settle();
      for (const answer of [await ask(link), await press(link, yes)]) {
        expect(answer.status).toBe(410);
        expect(answer.text).toContain('nobody approved it in time');
        expect(answer.text).not.toContain('<form');
      }
    }
    expect(place.issuer.calls).toEqual([]);
    expect(place.record().map(({ type }) => type)).toEqual(['decided', 'expired']);
    await counted(place, { late: 4 });
  });

  test('is void once what would be done is something else, in the outbox or in the registry', async () => {
    const place = await newPlace();
    const link = await place.waits();
    // The other one would be revoked in the very same words.
    const { state } = place.response;
    const changes = {
      credential: 'cred-other',
      agent: 'another',
      detail: 'tell somebody else',
      spec: '{"with":"webhook","url":"sha256:0"}',
    };
    for (const [column, other] of Object.entries(changes)) {
      const before = state.first("SELECT * FROM outbox WHERE action = 'revoke'")?.[column] ?? null;
      state.run(`UPDATE outbox SET ${column} = ? WHERE action = 'revoke'`, other);
      for (const answer of [await ask(link), await press(link, yes)]) {
        expect(answer.status).toBe(410);
        expect(answer.text).toContain('not what would be done by now');
        expect(answer.text).not.toContain('<form');
      }
      state.run(`UPDATE outbox SET ${column} = ? WHERE action = 'revoke'`, before);
    }
    expect((await ask(link)).text).toContain('<form');
    const other = await newPlace();
    const before = await other.waits();
    const credential = other.response.plan.credentials.get('cred-billing-pg');
    if (credential === undefined) throw new Error('it is there');
    const moved = { with: 'webhook', url: 'http://127.0.0.1:1/revoke' };
    (other.response.plan.credentials as Map<string, typeof credential>).set(credential.id, {
      ...credential,
      revoke: moved,
    });
    expect((await press(before, yes)).status).toBe(410);
    expect([untouched(place), untouched(other)]).toEqual([true, true]);
  });

  test('while automatic response is halted approves nothing, but still refuses', async () => {
    const place = await newPlace();
    const [link, other] = [await place.waits(), await place.waits({ id: 'alert-2', credentials: ['cred-other'] })];
    halt('bob', place.response);
    expect((await ask(link)).text).toContain('halted by <bdi>bob</bdi>');
    expect((await ask(link)).text).not.toContain('value="approve"');
    expect((await press(link, yes)).status).toBe(423);
    expect(untouched(place)).toBe(true);
    expect((await press(other, no)).status).toBe(200);
    resume('bob', place.response);
    expect((await press(link, yes)).status).toBe(200);
    await place.made();
    expect(place.issuer.calls.map(({ credential }) => credential)).toEqual(['cred-billing-pg']);
    await counted(place, { shown: 2, halted: 1, refused: 1, approved: 1 });
  });
});

describe('whoever has no link of ours', () => {
  test('learns nothing, whatever is changed in one', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const [, alert = '', ends = '', digest = '', signature = ''] = new URL(link).pathname.split('/').slice(1);
    const signed = (key: string) =>
      createHmac('sha256', key).update(['wayward approval 1', alert, ends, digest].join('\n')).digest('base64url');
    const last = signature.endsWith('A') ? 'B' : 'A';
    const forged = [
      `${alert}/${Number(ends) + 1}/${digest}/${signature}`,
      `alert-2/${ends}/${digest}/${signature}`,
      `${alert}/${ends}/${digest.split('').reverse().join('')}/${signature}`,
      `${alert}/0${ends}/${digest}/${signature}`,
      `${alert}/${ends}/${digest}/${signature.slice(0, -1)}${last}`,
      `${alert}/${ends}/${digest}/${signature}=`,
      `${alert}/${ends}/${digest}/${signature.slice(1)}`,
      `${alert}/${ends}/${digest}/${signature}/`,
      `${alert}/${ends}/${digest}/${signed('')}`,
      `${alert}/${ends}/${digest}/${signed('key')}`,
      `${alert}/${ends}/${digest}`,
      `%61lert-1/${ends}/${digest}/${signature}`,
      '',
      '__proto__',
      `${'a'.repeat(4_000)}/${ends}/${digest}/${signature}`,
    ];
    const pages = new Set<string>();
    for (const path of forged) {
      const answers = [await ask(`${place.url}/approve/${path}`), await press(`${place.url}/approve/${path}`, yes)];
      for (const { status, text } of answers) {
        expect([path, status]).toEqual([path, 404]);
        pages.add(text);
      }
    }
    expect(pages.size).toBe(1);
    expect([...pages][0]).not.toContain('alert-1');
    expect(untouched(place)).toBe(true);
    await counted(place, { forged: 2 * forged.length });
  });

  test('a page of another site that has the link can show a button, but not press it', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const from = [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: `${place.url}.evil.example` },
      { origin: place.url, 'sec-fetch-site': 'cross-site' },
      { origin: place.url, 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of from) {
      const { status } = await press(link, yes, { ...type, ...headers });
      expect([headers, status]).toEqual([headers, 403]);
    }
    expect(untouched(place)).toBe(true);
    await counted(place, { 'cross-site': from.length });
    // An old browser says less, but says it right.
    expect((await press(link, yes, { ...type, origin: place.url })).status).toBe(200);
  });
});

describe('what is posted', () => {
  test.each([
    [{ decision: 'approve' }, 'Write your name'],
    [{ decision: 'approve', by: '   ' }, 'Write your name'],
    [{ decision: 'approve', by: 'x'.repeat(65) }, 'at most 64 characters'],
    [{ decision: 'approve', by: 'An\u0000n' }, 'without invisible characters'],
    [{ decision: 'approve', by: 'Ann\r\nApproved by Bob' }, 'without invisible characters'],
    [{ decision: 'approve', by: '\u202enna' }, 'without invisible characters'],
    [{ decision: 'approve', by: 'An\u200bn' }, 'without invisible characters'],
    [{ decision: 'approve', by: 'An\u2028n' }, 'without invisible characters'],
    [{ decision: 'approve', by: 'Automatic' }, 'name of a person'],
    [{ by: 'Ann' }, 'one of the two buttons'],
    [{ decision: 'APPROVE', by: 'Ann' }, 'one of the two buttons'],
    ['decision=approve&decision=refuse&by=Ann', 'one of the two buttons'],
    ['decision=approve&by=Ann&by=Bob', 'Write one name'],
    ['decision=approve&by=%ff%fe', 'without invisible characters'],
    ['', 'one of the two buttons'],
  ])('%j is shown what is missing, and changes nothing', async (fields, problem) => {
    const place = await newPlace();
    const link = await place.waits();
    const body = typeof fields === 'string' ? fields : new URLSearchParams(fields as Record<string, string>).toString();
    const { status, text } = await ask(link, 'POST', OWN, body);
    expect([status, text]).toEqual([400, expect.stringContaining(problem)]);
    expect(text).toContain('<form');
    expect(untouched(place)).toBe(true);
  });

  test('a name with markup is taken as it is, and shown as text', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const by = '<script>alert(1)</script>&"\'';
    expect((await press(link, { ...no, by })).text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;');
    expect((await ask(link)).text).not.toContain('<script');
    expect(place.record().at(-1)).toMatchObject({ type: 'refused', by });
  });

  test.each([
    ['application/json', '{"decision":"approve","by":"Ann"}'],
    ['text/plain', 'decision=approve&by=Ann'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/x-www-form-urlencoded; charset=utf-7', 'decision=approve&by=Ann'],
    ['', 'decision=approve&by=Ann'],
  ])('as "%s" is not read', async (type, body) => {
    const place = await newPlace();
    const link = await place.waits();
    expect((await ask(link, 'POST', { ...OWN, 'content-type': type }, body)).status).toBe(415);
    expect(untouched(place)).toBe(true);
  });

  test('a huge body is cut off, with or without its length, and others are served meanwhile', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const { port, pathname } = new URL(link);
    const head = `POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n`;
    const chunk = `decision=approve&by=Ann&x=${'x'.repeat(8_000)}`;
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    for (const bytes of [`${head}content-length: 1000000000\r\n\r\ndecision=approve&by=Ann`, chunked]) {
      expect(await raw(Number(port), bytes)).toMatch(/^HTTP\/1\.1 413 /);
    }
    const slow = raw(Number(port), `${head}content-length: 100\r\n\r\ndecision=appro`);
    expect((await ask(link)).status).toBe(200);
    expect(await slow).toMatch(/^HTTP\/1\.1 408 |^$/);
    expect(untouched(place)).toBe(true);
    expect(place.log()).not.toContain('failed');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused, and a POST to any other page', async (method) => {
    const place = await newPlace();
    const link = await place.waits();
    const { status, headers } = await ask(link, method);
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
    for (const path of ['/healthz', '/metrics', '/approve', '/']) {
      const answer = await press(place.url + path, yes);
      expect([path, answer.status, answer.headers['allow']]).toEqual([path, 405, 'GET, HEAD']);
    }
    expect(untouched(place)).toBe(true);
  });
});

/** Sends bytes as they are; what comes back until the other side ends. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined); // reset: the end comes with 'close'
    socket.on('close', () => resolve(text));
  });
}

test("a link of the time before the key was changed is nobody's", async () => {
  const [before, after] = [await newPlace(), await newPlace({}, {}, 'another key, which is as long as the first one')];
  const link = new URL(await before.waits());
  await after.waits({ openedAt: alertOf().openedAt });
  expect((await ask(after.url + link.pathname)).status).toBe(404);
});
