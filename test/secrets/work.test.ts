import { afterEach, describe, expect, it, vi } from 'vitest';
import { isEvent, type Parsed } from '../../src/formats/format.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { createRedactor, type FoundSecret, MAX_SECRETS } from '../../src/formats/redact.ts';
import { caddy, parseOne, sampleLines } from '../formats/records.ts';
import { HOSTILE_TEXTS } from './mutations/hostile-texts.ts';

/** What a record costs is counted, not timed: the same on every machine. */

const work = vi.hoisted(() => ({ fingerprints: 0, foldedPaths: 0 }));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const createHmac: typeof crypto.createHmac = (...args) => {
    work.fingerprints++;
    return crypto.createHmac(...args);
  };
  return { ...crypto, createHmac };
});

vi.mock('../../src/formats/fold-path.ts', async (original) => {
  const folding = await original<typeof import('../../src/formats/fold-path.ts')>();
  const foldPath: typeof folding.foldPath = (path) => {
    work.foldedPaths++;
    return folding.foldPath(path);
  };
  return { ...folding, foldPath };
});

/** How often any regular expression is run; each run is linear in the text, or bounded. */
const countRuns = () => vi.spyOn(RegExp.prototype, 'exec');
afterEach(() => vi.restoreAllMocks());

const leaksIn = (parsed: Parsed): number => (isEvent(parsed) ? parsed.leaks.length : Number.NaN);

const record = (change: object): string =>
  JSON.stringify({ ...(JSON.parse(sampleLines('nginx-access.jsonl')[0] ?? '') as object), ...change });

describe.each(Object.entries(HOSTILE_TEXTS))('%s', (_name, text) => {
  it('cost a record no fingerprint where somebody is named, at most one else, and two folded paths', () => {
    for (const [credential, fingerprints] of [
      ['billing', 0],
      ['', 1],
    ] as const) {
      work.fingerprints = 0;
      work.foldedPaths = 0;
      const change = { credential, uri: `/v1/${text}`, args: text, user_agent: text, http_cookie: text, session: text };
      const parsed = parseOne(nginxJson, record(change));
      expect(leaksIn(parsed)).toBeLessThanOrEqual(MAX_SECRETS);
      expect(work.fingerprints).toBeLessThanOrEqual(fingerprints);
      expect(work.foldedPaths).toBeLessThanOrEqual(2);
    }
  });

  it('run regular expressions a bounded number of times for each character', () => {
    const found: FoundSecret[] = [];
    const runs = countRuns();
    createRedactor(Buffer.alloc(32, 7)).clean(text, 'url.query', found);
    expect(runs.mock.calls.length).toBeLessThan(text.length * 2);
    expect(found.length).toBeLessThanOrEqual(MAX_SECRETS);
  });
});

describe('secrets without end', () => {
  const tokens = Array.from({ length: 600 }, (_, n) => `ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6${n}`);

  it('are told apart up to eight; the rest of the text goes as a whole', () => {
    const found: FoundSecret[] = [];
    const text = createRedactor(Buffer.alloc(32, 7)).clean(`a ${tokens.join(' b ')} c`, 'url.query', found);
    expect(found).toHaveLength(MAX_SECRETS);
    expect(text).toBe(
      `a ${Array.from({ length: MAX_SECRETS }, () => '[redacted:github-token]').join(' b ')} b [redacted:more]`,
    );
  });

  it('leave other fields as they are, and let no later one pass', () => {
    const [first = '', ...others] = tokens;
    const change = { credential: others.join(' '), uri: '/v1/orders/17', user_agent: `agent/1 ${first}` };
    expect(parseOne(nginxJson, record(change))).toMatchObject({
      action: 'GET /v1/orders/{id}',
      client: 'agent/1 [redacted:more]',
      leaks: Array.from({ length: MAX_SECRETS }, () => ({ kind: 'github-token', field: 'wayward.credential.id' })),
    });
  });

  it('cost a format of the user no more', () => {
    work.fingerprints = 0;
    const headers = Object.fromEntries(tokens.map((token, n) => [`X-Token-${n}`, [token]]));
    const parsed = parseOne(
      caddy,
      JSON.stringify({
        msg: 'handled request',
        ts: 1795435398,
        status: 200,
        user_id: 'a',
        request: { method: 'GET', uri: '/v1/x', headers },
      }),
    );
    expect(parsed).toMatchObject({ action: 'GET /v1/x' });
    expect(leaksIn(parsed)).toBe(MAX_SECRETS);
    expect(work.fingerprints).toBe(0);
  });
});
