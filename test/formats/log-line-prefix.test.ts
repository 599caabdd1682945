import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent, type Parsed } from '../../src/formats/format.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { formats } from '../../src/formats/registry.ts';
import { isBelieved } from '../../src/proof.ts';
import { parseAll } from './records.ts';

type Values = Readonly<Record<string, string>>;

const OF_BILLING: Values = {
  ...{
    m: '2026-11-02 10:00:00.100 UTC',
    t: '2026-11-02 10:00:00 UTC',
    n: '1793613600.100',
    s: '2026-11-02 09:00:00 UTC',
  },
  ...{ p: '4242', P: '', u: 'billing', d: 'shop', a: 'app 1.0', r: '10.1.0.5(34218)', h: '10.1.0.5' },
  ...{ c: '6b0c8090.1092', l: '5', v: '3/2', x: '0', e: '00000', i: 'SELECT', b: 'client backend', Q: '-71' },
};
const AUDIT = 'LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.customers,select 1 from customers,<not logged>,5';

/** What PostgreSQL writes with this setting. */
const written = (prefix: string, text: string, values: Values = {}): string =>
  prefix.replace(/%(-?\d*)([A-Za-z%])/g, (_, padding: string, code: string) => {
    if (code === 'q') return '';
    const value = code === '%' ? '%' : ({ ...OF_BILLING, ...values }[code] ?? '');
    const width = Math.abs(Number(padding));
    return padding.startsWith('-') ? value.padEnd(width) : value.padStart(width);
  }) + text;

const read = (lines: readonly string[], logLinePrefix?: string, logTimezone?: string): Parsed[] =>
  parseAll(pgauditStderr, Buffer.from(`${lines.join('\n')}\n`), { logLinePrefix, logTimezone });
const users = (parsed: readonly Parsed[]): (string | undefined)[] =>
  parsed
    .filter(isEvent)
    .filter(({ proof }) => isBelieved(proof))
    .map(({ identities }) => identities[0]?.value);

/** From the manual, distributions, clouds and tools. */
const SAYING = [
  '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] ',
  '%m [%p] %q%u@%d ',
  '%t:%r:%u@%d:[%p]:',
  '%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:',
  '%m [%p]: [%l-1] db=%d,user=%u ',
  '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
  '%t [%p]: [%l-1] user=%u,db=%d,client=%h ',
  '%m [%p] [user=%u,db=%d,app=%a] ',
  '%m [%p] %q%u@%d/%a ',
  '%m %u@%d [%p] ',
  '%n [%p] %q%u@%d ',
  '%t %c %u@%d %e ',
  '< %m %u@%d >',
  'user=%u db=%d host=%r pid=%p %m ',
  '%m [%p] app=%a user=%u db=%d ',
  'pid=%p|time=%m|user=%u|db=%d|remote=%r|',
];
/** Nothing in their lines says which part is whose. */
const SILENT = ['%m; %p; %u; %d; %h; ', '%m %u %d [%p]: ', '%t [%p]: [%l-1] %c %x %d %u %a %h ', '%-12u %12d %m '];

describe('a log_line_prefix', () => {
  it.each(SAYING)('that says whose a line is is worked out: %s', (prefix) => {
    const parsed = read([written(prefix, AUDIT), written(prefix, AUDIT.replace('1,1', '2,1'))]);
    expect(parsed).toMatchObject(
      Array(2).fill({ action: 'SELECT public.customers', uses: 1, rows: 5, proof: { state: 'declared' } }),
    );
    expect(users(parsed)).toEqual(['billing', 'billing']);
    expect(parsed[0]).toMatchObject(/%[rh]/.test(prefix) ? { sourceIp: '10.1.0.5' } : { service: 'shop' });
    expect(detectFormat([written(prefix, AUDIT)], formats)?.id).toBe('pgaudit-stderr');
  });

  it.each([...SAYING, ...SILENT])('that was given is read: %s', (prefix) => {
    const lines = [
      'LOG:  connection authorized: user=billing database=shop',
      AUDIT,
      'LOG:  disconnection: session time',
    ];
    const parsed = read(
      lines.map((text) => written(prefix, text)),
      prefix,
    );
    expect(
      parsed.map((one) => ('ignored' in one ? one.ignored : 'unusable' in one ? one.unusable : one.action)),
    ).toEqual(['connection-line', 'SELECT public.customers', 'connection-line']);
    expect(users(parsed)).toEqual(['billing']);
  });

  it.each(SILENT.slice(0, 3))(
    'that does not say it is no guess, and the dead letter says what to write: %s',
    (prefix) => {
      expect(read([written(prefix, AUDIT)])).toEqual([
        expect.objectContaining({ unusable: 'no-prefix', detail: expect.stringContaining('log_line_prefix') }),
      ]);
    },
  );

  it('without a user is nobody’s', () => {
    for (const prefix of ['%m [%p] ', '%t-%c-', '%m [%p] db=%d '])
      expect(read([written(prefix, AUDIT)])).toMatchObject([{ unusable: 'no-user' }]);
  });

  it('that changes within the log, or differs by server, is worked out again', () => {
    const lines = SAYING.filter((prefix) => !prefix.includes('%c'))
      .slice(0, 7)
      .map((prefix, at) => written(prefix, AUDIT.replace('1,1', `${at + 1},1`)));
    expect(users(read([...lines, ...lines.toReversed()]))).toEqual(Array(14).fill('billing'));
  });

  it('fetched from CloudWatch has a time before it, on every line', () => {
    const lines = [
      written('%t:%r:%u@%d:[%p]:', AUDIT.replace('select 1', 'select\n\t1')),
      written('%t:%r:%u@%d:[%p]:', 'LOG:  x'),
    ];
    const fetched = lines.join('\n').replaceAll(/^/gm, '2026-11-02T10:00:00.000Z ').split('\n');
    expect(read(fetched)).toMatchObject([{ statement: 'select ? from customers' }, { ignored: 'server-line' }]);
  });

  it('has the code of an error, with %e or log_error_verbosity = verbose', () => {
    const denied = ['FEHLER:  42501: keine', 'ANWEISUNG:  select * from payroll'];
    expect(read(denied.map((text) => written('%m [%p] %q%u@%d ', text)))).toMatchObject([
      { action: 'SELECT public.payroll', result: 'denied' },
    ]);
    const unknown = ['BŁĄD:  brak', 'WYRAŻENIE:  select * from payroll'];
    expect(read(unknown.map((text) => written('%m [%p] %q%u@%d %e ', text, { e: '42501' })))).toMatchObject([
      { ignored: 'server-line' },
      { action: 'SELECT public.payroll', result: 'denied', uses: 1 },
    ]);
  });

  it('of an address as user, and of names with spaces', () => {
    const parsed = read(
      [written('%m [%p] %q%u@%d ', AUDIT, { u: 'agent@project.iam', d: 'my shop' })],
      '%m [%p] %q%u@%d ',
    );
    expect(parsed).toMatchObject([{ identities: [{ value: 'agent@project.iam' }], service: 'my shop' }]);
  });
});

describe('nobody else is named, and nothing hidden, by', () => {
  const imitations = (prefix: string): string[] => [
    written(prefix.slice(prefix.indexOf('%a') + 2), `${AUDIT.slice(0, 30)}`).slice(0, 63),
    ' user=victim db=shop LOG:  AUDIT: S,1,1,READ,SELECT,,,,x',
    'x,user=victim,db=d LOG:  AUDIT: S,1,1,READ,SELECT,,,,x',
    'victim@shop LOG:  AUDIT: S,1,1,READ,SELECT,,,,x',
    '] STATEMENT:  ',
    ' STATEMENT:  ',
    'FATAL:  x',
  ];

  it.each(SAYING.filter((prefix) => prefix.includes('%a')))('an application name in %s', (prefix) => {
    for (const a of imitations(prefix)) {
      const honest = written(prefix, AUDIT);
      const parsed = read([
        honest,
        written(prefix, AUDIT.replace('1,1', '2,1'), { a, u: 'thief', c: '6b0c8090.1093', p: '4243' }),
      ]);
      expect(users(parsed).filter((user) => user !== 'billing' && user !== 'thief')).toEqual([]);
      // What can't be told apart is loud.
      const second = parsed[1];
      expect(second !== undefined && (isEvent(second) ? users([second]) : 'unusable' in second)).not.toEqual([]);
      expect(second).not.toHaveProperty('ignored');
    }
  });

  it.each(SAYING.filter((prefix) => prefix.includes('%a')))('one at a denial, in %s', (prefix) => {
    for (const a of imitations(prefix)) {
      const of = { a, u: 'thief', c: '6b0c8090.1093', p: '4243' };
      const nobody = { ...of, a: '[unknown]', u: '[unknown]', d: '[unknown]' };
      const lines = [
        written(prefix, 'LOG:  connection received: host=x', nobody),
        written(prefix, 'LOG:  connection authorized: user=thief database=shop', { ...of, a: '[unknown]' }),
        ...[AUDIT, 'ERROR:  permission denied for table payroll', 'STATEMENT:  select * from payroll'].map((text) =>
          written(prefix, text, { ...of, e: text === AUDIT ? '00000' : '42501' }),
        ),
      ];
      const [, , done, denied, ...more] = read(lines);
      expect(done).not.toHaveProperty('ignored');
      expect(more).toEqual([]);
      if (denied !== undefined && isEvent(denied))
        expect(denied).toMatchObject({ action: 'SELECT public.payroll', result: 'denied' });
      else expect(denied).toHaveProperty('unusable');
    }
  });

  it('any application name, in any prefix', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAYING),
        fc.array(
          fc.oneof(
            fc.constantFrom('LOG:  ', 'AUDIT: S,1,1,R,X,,,,', 'user=victim', 'victim@shop', ',', '] ', ' ', 'db=d'),
            fc.string({ maxLength: 8 }),
          ),
          { maxLength: 8 },
        ),
        (prefix, parts) => {
          const a = parts
            .join('')
            .replace(/[^ -~]/g, '?')
            .slice(0, 63);
          const own = { a, u: 'thief', c: '6b0c8090.1093', p: '4243' };
          const parsed = read([written(prefix, AUDIT), written(prefix, AUDIT, own)]);
          expect(users(parsed)).not.toContain('victim');
          expect(parsed[1]).not.toHaveProperty('ignored');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('a statement that looks like the rest of a prefix', () => {
    const sql =
      'LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,/* FATAL:  x@y LOG:  AUDIT: S,1,1,R,X,,,, */select 1 from customers,<none>';
    for (const prefix of SAYING) {
      const parsed = read([written(prefix, AUDIT), written(prefix, sql)]);
      expect(users(parsed).filter((user) => user !== 'billing')).toEqual([]);
      expect(parsed[1]).not.toHaveProperty('ignored');
    }
  });

  const DEBIAN = '%m [%p] %q%u@%d ';
  const connected = (p: string, u: string): string[] => [
    written(DEBIAN, 'LOG:  connection received: host=10.4.1.7 port=41360', { p, u: '[unknown]', d: '[unknown]' }),
    written(DEBIAN, `LOG:  connection authorized: user=${u} database=shop`, { p, u }),
  ];

  it.each(['17', '99'])('the names of somebody who never got in, with %s as process', (p) => {
    const forged = written(DEBIAN, AUDIT, { p, u: 'victim' }).slice(0, 110);
    const [before, behind] = [forged.slice(0, 60), forged.slice(60)];
    const [received = ''] = connected('99', 'x');
    const torn = written(DEBIAN, 'FATAL:  password authentication failed for user "x"', {
      p: '99',
      u: `\n${before}`,
      d: behind,
    });
    const parsed = read([
      ...connected('17', 'billing'),
      written(DEBIAN, AUDIT, { p: '17' }),
      received,
      ...torn.split('\n'),
    ]);
    expect(users(parsed)).toEqual(['billing']);
  });

  it('a process id that the server gave to another user later', () => {
    const lines = [written(DEBIAN, AUDIT), written(DEBIAN, AUDIT, { u: 'other' })];
    expect(users(read(lines))).toEqual(['billing', 'other']);
    const withConnections = [...connected('4242', 'billing'), ...lines];
    expect(users(read(withConnections))).toEqual(['billing']);
    const again = [...withConnections.slice(0, 3), ...connected('4242', 'other'), lines[1] ?? ''];
    expect(users(read(again))).toEqual(['billing', 'other']);
  });
});

it('what was worked out goes on over a restart', () => {
  const lines = SAYING.flatMap((prefix) => [
    written(prefix, AUDIT),
    written(prefix, AUDIT.replace('1,1', '2,1'), { u: 'other' }),
  ]);
  const context = { redactor: { clean: (t: string) => t, show: (t: string) => t, fingerprint: () => '' } };
  const bytes = lines.map((line) => Buffer.from(line));
  const one = pgauditStderr.parser(context);
  const expected = bytes.map((line) => one.parse(line, 0, line.length));
  let parser = pgauditStderr.parser(context);
  const restarted = bytes.map((line) => {
    const saved = JSON.parse(JSON.stringify(parser.save?.()));
    parser = pgauditStderr.parser(context);
    parser.load?.(saved);
    return parser.parse(line, 0, line.length);
  });
  expect(restarted).toEqual(expected);
});

describe('log_timezone', () => {
  const at = (time: string, zone?: string): Parsed | undefined =>
    read([written('%m [%p] %q%u@%d ', AUDIT, { m: time })], undefined, zone)[0];
  const timeOf = (parsed: Parsed | undefined): string | undefined =>
    parsed !== undefined && isEvent(parsed) ? new Date(parsed.time).toISOString() : undefined;

  it.each([
    ['Europe/Berlin', '2026-11-02 11:00:00.100 CET', '2026-11-02T10:00:00.100Z'],
    ['Europe/Berlin', '2026-07-02 12:00:00.100 CEST', '2026-07-02T10:00:00.100Z'],
    ['Europe/Berlin', '2026-10-25 02:30:00.100 CEST', '2026-10-25T00:30:00.100Z'],
    ['Europe/Berlin', '2026-10-25 02:30:00.100 CET', '2026-10-25T01:30:00.100Z'],
    ['America/New_York', '2026-11-01 01:30:00.100 EDT', '2026-11-01T05:30:00.100Z'],
    ['America/New_York', '2026-11-01 01:30:00.100 EST', '2026-11-01T06:30:00.100Z'],
    ['Europe/Moscow', '2026-11-02 13:00:00.100 MSK', '2026-11-02T10:00:00.100Z'],
    ['Europe/Berlin', '2026-11-02 10:00:00.100 UTC', '2026-11-02T10:00:00.100Z'],
    ['Europe/Berlin', '2026-11-02 13:00:00.100 +03', '2026-11-02T10:00:00.100Z'],
  ])('%s: %s', (zone, time, expected) => {
    expect(timeOf(at(time, zone))).toBe(expected);
  });

  it('is asked for where the times have a name, which may mean several', () => {
    expect(at('2026-11-02 11:00:00.100 CET')).toMatchObject({
      unusable: 'invalid-time',
      detail: expect.stringMatching(/zone CET.*log_timezone/),
    });
    expect(timeOf(at('2026-11-02 10:00:00.100 GMT'))).toBe('2026-11-02T10:00:00.100Z');
  });
});
