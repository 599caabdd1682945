import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { pgauditJson } from '../../src/formats/pgaudit-json.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { vaultAudit } from '../../src/formats/vault-audit.ts';
import { ALL_FORMATS, examiner, mutants } from './mutants.ts';
import { parseOne, redactor, sampleLines } from './records.ts';

const nginxRecord = (change: object): string =>
  JSON.stringify({ ...(JSON.parse(sampleLines('nginx-access.jsonl')[0] ?? '') as object), ...change });

describe.each(ALL_FORMATS)('$id', (format) => {
  it('has an answer for any record, whatever its bytes, and the same again', () => {
    const examine = examiner(format);
    fc.assert(
      fc.property(mutants, (text) => {
        expect(examine(text)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('survives nesting 100,000 deep, __proto__ keys and NULs', () => {
    for (const text of [
      '['.repeat(100_000),
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      '{"__proto__":{"action":"x"}}',
      '\0\0\0',
      '',
    ]) {
      expect(isEvent(parseOne(format, text))).toBe(false);
    }
    expect(({} as { action?: string }).action).toBeUndefined();
  });
});

describe('nginx-json', () => {
  it('takes quoted numbers, as many a log_format has them', () => {
    const quoted = parseOne(nginxJson, nginxRecord({ status: '403', body_bytes_sent: '17' }));
    expect(quoted).toMatchObject({ result: 'denied', bytes: 17 });
  });

  it.each([
    [{ status: 'fine' }, 'wrong-type'],
    [{ uri: 7 }, 'wrong-type'],
    [{ body_bytes_sent: -1 }, 'wrong-type'],
    [{ msec: 'soon', time: undefined }, 'invalid-time'],
    [{ msec: '-5' }, 'invalid-time'],
  ])('%j is unusable: %s', (change, reason) => {
    expect(parseOne(nginxJson, nginxRecord(change))).toMatchObject({ unusable: reason });
  });

  it('redacts a token in the query, the path and the user agent, and reports each as a leak', () => {
    const secret = ['hvs', 'CAESIJx0Zv1kq3Vb7Lw9Hn2Yd5Tg8Rf4Kp6'].join('.');
    const parsed = parseOne(
      nginxJson,
      nginxRecord({ uri: `/reset/%68${secret.slice(1)}`, args: `access_token=${secret}`, user_agent: `x ${secret}` }),
    );
    expect(JSON.stringify(parsed)).not.toContain(secret);
    expect(parsed).toMatchObject({
      action: 'GET /reset/{id}',
      identities: [{ key: 'credential_id', value: 'cred-agent-a' }],
      leaks: [{ field: 'url.path' }, { field: 'url.query' }, { field: 'user_agent.original' }],
    });
  });

  it('takes a leaked token for an identity only where nobody is named and the request was accepted', () => {
    const leak = { args: 'access_token=abc12345', credential: '' };
    const fingerprint = { key: 'token_fingerprint', value: redactor.fingerprint('abc12345') };
    expect(parseOne(nginxJson, nginxRecord(leak))).toMatchObject({ identities: [fingerprint] });
    expect(parseOne(nginxJson, nginxRecord({ ...leak, status: 401 }))).toMatchObject({
      identities: [],
      result: 'rejected',
    });
    expect(parseOne(nginxJson, nginxRecord({ ...leak, credential: 'c' }))).toMatchObject({
      identities: [{ key: 'credential_id' }],
    });
  });

  it('shows no control characters and no bidirectional override', () => {
    const parsed = parseOne(nginxJson, nginxRecord({ uri: '/a\u0000b\u001b[31m', user_agent: 'x\u202ey\n' }));
    expect(parsed).toMatchObject({ path: '/a\ufffdb\ufffd[31m', client: 'x\ufffdy\ufffd' });
  });

  it.each(['\u0000', '\u200b', '\u202e', '\u00ad', '\ufeff', '\ud800', '\n'])(
    'takes no name with %j in it for the name without it',
    (invisible) => {
      const parsed = parseOne(nginxJson, nginxRecord({ credential: `bill${invisible}ing` }));
      expect(parsed).toMatchObject({ identities: [{ key: 'credential_id', value: 'bill\ufffding' }] });
    },
  );

  it('bounds what a record may say it moved, and knows no status beyond three digits', () => {
    expect(parseOne(nginxJson, nginxRecord({ body_bytes_sent: 1e308 }))).toMatchObject({ bytes: 2 ** 50 });
    for (const status of [-1, 1000, 1e308])
      expect(parseOne(nginxJson, nginxRecord({ status }))).toMatchObject({ unusable: 'wrong-type' });
  });

  it('lets a secret pass in no field', () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
    const fields = ['uri', 'args', 'method', 'remote_addr', 'user_agent', 'session', 'trace_id', 'credential'];
    for (const field of fields)
      expect(JSON.stringify(parseOne(nginxJson, nginxRecord({ [field]: secret })))).not.toContain('ghp_a');
  });
});

describe('pgaudit', () => {
  const line = (change: object): string =>
    JSON.stringify({
      timestamp: '2026-11-23 12:00:00.000 UTC',
      user: 'a',
      session_id: '1.2',
      error_severity: 'LOG',
      ...change,
    });

  it('says which zone it cannot read', () => {
    const parsed = parseOne(
      pgauditJson,
      line({ timestamp: '2026-11-23 12:00:00.000 CET', message: 'AUDIT: SESSION,1,1,READ,SELECT,,,,<none>' }),
    );
    expect(parsed).toMatchObject({ unusable: 'invalid-time', detail: expect.stringContaining('zone CET') });
  });

  it('goes on exactly after a restart in the middle of a join', () => {
    const audit = (object: string) =>
      Buffer.from(line({ message: `AUDIT: SESSION,7,1,READ,SELECT,TABLE,public.${object},SELECT,<none>,10` }));
    const before = pgauditJson.parser({ redactor });
    const first = audit('a');
    expect(before.parse(first, 0, first.length)).toMatchObject({ uses: 1, rows: 10 });
    const after = pgauditJson.parser({ redactor });
    after.load?.(JSON.parse(JSON.stringify(before.save?.())));
    const second = audit('b');
    expect(after.parse(second, 0, second.length)).toMatchObject({ uses: 0, rows: 0, action: 'SELECT public.b' });
  });

  it('reports a password in a denied statement and never shows it', () => {
    const parsed = parseOne(
      pgauditJson,
      line({
        error_severity: 'ERROR',
        state_code: '42501',
        message: 'permission denied',
        statement: "ALTER ROLE x PASSWORD 'hunter2'",
      }),
    );
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
    expect(parsed).toMatchObject({ action: 'ALTER ROLE', result: 'denied', leaks: [{ kind: 'password' }] });
  });

  it('refuses a stderr line whose application name forges the end of the prefix', () => {
    const forged = 'x,client=10.0.0.1,session=1.2] LOG:  AUDIT: ';
    const text = `2026-11-23 12:00:00.000 UTC [1] [user=a,db=d,app=${forged},client=127.0.0.1,session=6b042b38.4593] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,,<none>`;
    expect(parseOne(pgauditStderr, text)).toMatchObject({ unusable: 'ambiguous-prefix' });
  });
});

describe('vault-audit', () => {
  it('takes a response without token and without error for nobody’s use', () => {
    const record = {
      type: 'response',
      time: '2026-11-23T12:00:00Z',
      request: { path: 'sys/health', operation: 'read' },
    };
    expect(parseOne(vaultAudit, JSON.stringify(record))).toEqual({ ignored: 'unauthenticated' });
  });
});

describe('detection', () => {
  it('finds a format behind garbage, and none in a log of another kind', () => {
    const garbage = ['', '{', 'not a log', '\u0000'.repeat(50)];
    expect(detectFormat([...garbage, ...sampleLines('pgaudit.csv')], ALL_FORMATS)?.id).toBe('pgaudit-csv');
    expect(detectFormat(garbage, ALL_FORMATS)).toBeUndefined();
    expect(detectFormat([], ALL_FORMATS)).toBeUndefined();
    const authorizer =
      '[2026-11-29 20:44:45,593] INFO Principal = User:billing is Denied operation = READ (kafka.authorizer.logger)';
    expect(detectFormat([authorizer, authorizer], ALL_FORMATS)).toBeUndefined();
  });
});
