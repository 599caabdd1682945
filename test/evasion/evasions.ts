import { audit, combined, csvlog, gateway, raw, times, vaultLine } from './deeds.ts';
import type { Log } from './world.ts';

/** A way to write a deed so that it is not seen, beside the same deed written plainly. */
export interface Evasion {
  readonly name: string;
  readonly log: Log;
  readonly plain: readonly string[];
  readonly evaded: readonly (string | Buffer)[];
  /** Stands in one of the actions of the alert. */
  readonly names: string;
  /** The log does not say how much it moves: a medium alert will do. */
  readonly hidden?: true;
}

const MANY = 300;
const BIG = 400_000;

/** Pages of payroll, which it never read. */
const PAGES = times(MANY, (n) => ({ path: `/v1/payroll/${n}`, bytes: BIG }));
const ofGateway = PAGES.map((page, n) => gateway(n, page));
const ofCombined = PAGES.map((page, n) => combined(n, page));
/** One deletion, which it never did. */
const deletion = { method: 'DELETE', path: '/v1/customers/7' };

const HTTP: readonly Evasion[] = [
  {
    name: 'a user agent that is no UTF-8',
    log: 'gateway',
    names: 'GET /v1/payroll/',
    plain: PAGES.map((page, n) => gateway(n, { ...page, client: 'x?' })),
    evaded: PAGES.map((page, n) => raw(gateway(n, { ...page, client: 'x\\xff' }))),
  },
  {
    name: 'a path that ends with %ff',
    log: 'gateway',
    names: 'GET /v1/payroll/',
    plain: ofGateway,
    evaded: PAGES.map((page, n) => raw(gateway(n, { ...page, path: `${page.path}\\xff` }))),
  },
  {
    name: 'a byte that nginx escapes as \\xFF without escape=json',
    log: 'gateway',
    names: 'GET /v1/payroll/',
    plain: PAGES.map((page, n) => gateway(n, { ...page, client: 'x?' })),
    evaded: PAGES.map((page, n) => gateway(n, { ...page, client: 'x\\xFF' })),
  },
  {
    name: 'a quote that nginx escapes as \\x22 without escape=json, once',
    log: 'gateway',
    names: 'DELETE /v1/customers/{id}',
    plain: [gateway(0, deletion)],
    evaded: [gateway(0, { ...deletion, client: `${'agent/1.4'} \\x22` })],
  },
  {
    name: 'a log that has time and no msec',
    log: 'gateway',
    names: 'GET /v1/payroll/',
    plain: ofGateway,
    evaded: ofGateway.map((line) => line.replace(/"msec":"[^"]*",/, '')),
  },
  {
    name: 'amounts that nginx leaves empty',
    log: 'gateway',
    names: 'DELETE /v1/customers/{id}',
    plain: [gateway(0, deletion)],
    evaded: [gateway(0, deletion).replace('"request_time":0.010', '"request_time":-')],
  },
  {
    name: 'a lower-case method',
    log: 'gateway',
    names: 'DELETE /v1/customers/{id}',
    plain: [gateway(0, deletion)],
    evaded: [gateway(0, { ...deletion, method: 'delete' })],
  },
  {
    name: 'a lower-case method in the combined log',
    log: 'combined',
    names: 'DELETE /v1/customers/{id}',
    plain: [combined(0, deletion)],
    evaded: [combined(0, { ...deletion, method: 'delete' })],
  },
  {
    name: 'a space in the target',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: PAGES.map((page, n) => combined(n, { ...page, path: `${page.path}?q=a b` })),
  },
  {
    name: 'a tab in the target',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: PAGES.map((page, n) => combined(n, { ...page, path: `${page.path}?q=a\tb` })),
  },
  {
    name: 'a quote in the user agent, as Apache escapes it',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: PAGES.map((page, n) => combined(n, { ...page, client: 'agent/1.4 \\"' })),
  },
  {
    name: 'a quote in the target, as Apache escapes it',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: PAGES.map((page, n) => combined(n, { ...page, path: `${page.path}?q=\\"` })),
  },
  {
    name: 'a space behind the request line',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: ofCombined.map((line) => line.replace(' HTTP/1.1"', ' HTTP/1.1 "')),
  },
  {
    name: 'a version that no client has',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: ofCombined.map((line) => line.replace('HTTP/1.1', 'HTTP/1.00001')),
  },
  {
    name: 'dots that lead from what it does to what it stole, behind a parameter',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: ofCombined,
    evaded: ofCombined.map((line) => line.replace('/v1/payroll', '/v1/orders/1;/../../payroll')),
  },
  {
    name: 'the same where the log has the target as it was sent',
    log: 'gateway',
    names: 'GET /v1/payroll/',
    plain: ofGateway,
    evaded: ofGateway.map((line) => line.replace('/v1/payroll', '/v1/orders/1;/..%2f../payroll')),
  },
  {
    name: 'a method that the server does not know',
    log: 'combined',
    names: 'GET2 /v1/payroll/',
    plain: ofCombined,
    evaded: PAGES.map((page, n) => combined(n, { ...page, method: 'GET2' })),
  },
  {
    name: 'a user agent in the combined log that is no UTF-8',
    log: 'combined',
    names: 'GET /v1/payroll/',
    plain: PAGES.map((page, n) => combined(n, { ...page, client: 'x?' })),
    evaded: PAGES.map((page, n) => raw(combined(n, { ...page, client: 'x\\xff' }))),
  },
];

const READ = ['READ', 'SELECT', 'TABLE', 'public.payroll'];
const ORDINARY = ['READ', 'SELECT', 'TABLE', 'public.customers'];
const THEFT = 'SELECT * FROM payroll';
const stolen = (n: number, text = THEFT): string => csvlog(n, { message: audit(100 + n, READ, text, 15_000) });
const plainTheft = [stolen(0)];
const DENIED = { state: '42501', message: 'permission denied for table payroll', statement: THEFT };
const denials = (more: { severity: string; message?: string }): string[] =>
  times(60, (n) => csvlog(n, { ...DENIED, ...more }));
/** What PostgreSQL writes of a stranger who names the role and never gets through the login. */
const forged = (n: number): string =>
  csvlog(n, {
    ...{ session: `6b0c9999.${n}`, ps: 'authentication', severity: 'FATAL', state: '28P01' },
    message: 'password authentication failed for user "database-agent"',
  });

const DATABASE: readonly Evasion[] = [
  {
    name: 'a statement in LATIN1',
    log: 'database',
    names: 'public.payroll',
    plain: [stolen(0, `${THEFT} WHERE city <> 'Köln'`)],
    evaded: [raw(stolen(0, `${THEFT} WHERE city <> 'K\\xf6ln'`))],
  },
  {
    name: 'a statement that is padded to more than a record may have',
    log: 'database',
    names: 'public.payroll',
    plain: plainTheft,
    evaded: [stolen(0, `${THEFT} /* ${'x'.repeat(1_200_000)} */`)],
  },
  ...[
    ['behind one that it knows', 'SELECT p.* FROM customers c, payroll p'],
    ['in a subquery', 'SELECT (SELECT string_agg(p.pay, chr(10)) FROM payroll p) FROM customers'],
    ['under the name of one that it knows', 'WITH customers AS (SELECT * FROM payroll) SELECT * FROM customers'],
  ].map(([name, text = '']) => ({
    name: `a table ${name}, where pgaudit.log_relation is off`,
    log: 'database' as const,
    names: 'public.payroll',
    plain: [csvlog(0, { message: audit(101, ['READ', 'SELECT'], 'SELECT * FROM payroll', 15_000) })],
    evaded: [csvlog(0, { message: audit(101, ['READ', 'SELECT'], text, 15_000) })],
  })),
  ...[20_000, 1_200_000].flatMap((size): Evasion[] => {
    const copied = (text: string): string => csvlog(0, { ps: 'COPY', message: audit(101, ['READ', 'COPY'], text, 0) });
    const padding = `/* ${'x'.repeat(size)} */`;
    return [
      {
        name: `COPY behind ${size} characters`,
        log: 'database',
        names: size > 1_000_000 ? 'COPY …' : 'COPY public.payroll',
        plain: [copied('COPY payroll TO STDOUT')],
        evaded: [copied(`${padding} COPY payroll TO STDOUT`)],
      },
      {
        name: `a table in one row behind ${size} characters`,
        log: 'database',
        names: 'public.customers',
        hidden: true,
        plain: [csvlog(0, { message: audit(101, ORDINARY, 'SELECT * FROM customers', 15_000) })],
        evaded: [csvlog(0, { message: audit(101, ORDINARY, `SELECT ${padding} json_agg(c) FROM customers c`, 1) })],
      },
    ];
  }),
  {
    name: 'a cursor',
    log: 'database',
    names: 'public.payroll',
    // Of what is fetched through a cursor, no line has the rows.
    plain: plainTheft,
    evaded: [
      csvlog(0, {
        ps: 'DECLARE CURSOR',
        message: audit(101, ['READ', 'DECLARE CURSOR'], `declare c cursor for ${THEFT}`, 0),
      }),
    ],
  },
  {
    name: 'a cursor behind another statement',
    log: 'database',
    names: 'public.payroll',
    plain: plainTheft,
    evaded: [
      csvlog(0, {
        ps: 'DECLARE CURSOR',
        message: audit(
          102,
          ['READ', 'DECLARE CURSOR'],
          `begin; declare c cursor for ${THEFT}; fetch all from c; commit`,
          0,
        ),
      }),
    ],
  },
  {
    name: 'COPY behind another statement',
    log: 'database',
    names: 'public.payroll',
    plain: [csvlog(0, { ps: 'COPY', message: audit(101, ['READ', 'COPY'], 'copy payroll to stdout', 0) })],
    evaded: [
      csvlog(0, { message: audit(101, ['READ', 'SELECT'], 'select 1; copy payroll to stdout', 1) }),
      csvlog(0, { ps: 'COPY', message: audit(102, ['READ', 'COPY'], 'select 1; copy payroll to stdout', 0) }),
    ],
  },
  ...[
    'SELECT json_agg(c) FROM customers c',
    'SELECT array(SELECT c FROM customers c)',
    'SELECT (SELECT string_agg(c::text, chr(10)) FROM customers c)',
    'WITH c AS (SELECT * FROM customers) SELECT xmlagg(c.x) FROM c',
  ].map((text) => ({
    name: `a table in one row: ${text}`,
    log: 'database' as const,
    names: 'public.customers',
    hidden: true as const,
    plain: [csvlog(0, { message: audit(101, ORDINARY, 'SELECT * FROM customers', 15_000) })],
    evaded: [csvlog(0, { message: audit(101, ORDINARY, text, 1) })],
  })),
  {
    name: 'a table that it knows, through a cursor',
    log: 'database',
    names: 'public.customers',
    hidden: true,
    plain: [csvlog(0, { message: audit(101, ORDINARY, 'SELECT * FROM customers', 15_000) })],
    evaded: [
      csvlog(0, {
        ps: 'DECLARE CURSOR',
        message: audit(101, ['READ', 'DECLARE CURSOR'], 'declare c cursor for select * from customers', 0),
      }),
    ],
  },
  {
    name: 'a view, of which pgaudit writes MISC,???',
    log: 'database',
    names: 'public.payroll',
    plain: [
      csvlog(0, {
        message: audit(101, ['READ', 'SELECT', 'VIEW', 'public.payroll_v'], 'SELECT * FROM payroll_v', 15_000),
      }),
    ],
    evaded: [
      'READ,SELECT,VIEW,public.payroll_v',
      'MISC,???,VIEW,public.payroll_v',
      'READ,SELECT,TABLE,public.payroll',
    ].map((fields, n) =>
      csvlog(0, { message: audit(101, fields.split(','), 'SELECT * FROM payroll_v', n === 1 ? 0 : 15_000) }),
    ),
  },
  ...['СООБЩЕНИЕ', '日志', 'PROTOKOLL'].map((severity) => ({
    name: `a severity in another language: ${severity}`,
    log: 'database' as const,
    names: 'public.payroll',
    plain: plainTheft,
    evaded: [csvlog(0, { severity, message: audit(100, READ, THEFT, 15_000) })],
  })),
  {
    name: 'a denial in another language',
    log: 'database',
    names: 'public.payroll',
    plain: denials({ severity: 'ERROR' }),
    evaded: denials({ severity: 'FEHLER', message: 'keine Berechtigung für Tabelle payroll' }),
  },
  ...['NOTICE', 'WARNING', 'INFO'].map((severity) => ({
    name: `audit lines at the level ${severity}`,
    log: 'database' as const,
    names: 'public.payroll',
    plain: plainTheft,
    evaded: [csvlog(0, { severity, message: audit(100, READ, THEFT, 15_000) })],
  })),
  {
    name: 'six forged packets before the theft',
    log: 'database',
    names: 'public.payroll',
    plain: [stolen(6)],
    evaded: [...times(6, forged), stolen(6)],
  },
];

const VAULT: readonly Evasion[] = [
  {
    name: 'the same path in another namespace',
    log: 'vault',
    names: 'team-b/secret/data/billing/stripe',
    plain: [vaultLine(0, 'secret/data/payroll/stripe')],
    evaded: [vaultLine(0, 'secret/data/billing/stripe', { id: 'XyZ12', path: 'team-b/' })],
  },
];

/** What nobody means badly, however it is written: it is no alert. */
export const INNOCENT: readonly {
  readonly name: string;
  readonly log: Log;
  readonly lines: readonly (string | Buffer)[];
}[] = [
  {
    name: 'an order asked for with a space, a tab and a byte that is no UTF-8',
    log: 'combined',
    lines: ['?q=a b', '?q=a\tb', '?q=\\xff'].map((query, n) => raw(combined(n, { path: `/v1/orders/1${query}` }))),
  },
  {
    name: 'a customer whose name is written in LATIN1',
    log: 'database',
    lines: [raw(csvlog(0, { message: audit(100, ORDINARY, "SELECT name FROM customers WHERE name = 'K\\xf6ln'", 1) }))],
  },
  {
    name: 'what a server says in its language',
    log: 'database',
    lines: [
      csvlog(0, {
        severity: 'СООБЩЕНИЕ',
        message: audit(100, ORDINARY, 'SELECT name FROM customers WHERE id = $1', 1),
      }),
      csvlog(1, { severity: 'HINWEIS', message: 'Tabelle existiert nicht' }),
    ],
  },
  {
    name: 'counts and sums of a table that it reads',
    log: 'database',
    lines: [csvlog(0, { message: audit(100, ORDINARY, 'SELECT count(*), max(id) FROM customers', 1) })],
  },
  { name: 'strangers who name the agent', log: 'database', lines: times(6, forged) },
  { name: 'one line that is cut off', log: 'gateway', lines: [gateway(0, {}).slice(0, 90)] },
];

export const EVASIONS: readonly Evasion[] = [...HTTP, ...DATABASE, ...VAULT];

/** What can't be read at all, and an alert says so: about the log, or about the agent in whose session it was written. */
export interface Unreadable {
  readonly name: string;
  readonly log: Log;
  readonly lines: readonly (string | Buffer)[];
  readonly about: 'log' | 'agent';
  /** Stands in the alert's sentence. */
  readonly says?: string;
}

export const UNREADABLE: readonly Unreadable[] = [
  {
    name: 'a flood of lines without a meaning',
    log: 'gateway',
    lines: times(5_000, (n) => `{"credential":"gateway-agent", ${n}`),
    about: 'log',
  },
  {
    name: 'the first few of them',
    log: 'combined',
    lines: times(3, (n) => `10.4.1.7 gateway-agent ${n}`),
    about: 'log',
  },
  {
    name: 'lines that name the agent and lack what says what it did',
    log: 'gateway',
    lines: times(5, (n) => gateway(n, {}).replace('"uri":"/v1/orders/1"', '"uri":7')),
    about: 'log',
    says: 'the last one claims to be of credential_id gateway-agent',
  },
  { name: 'bytes', log: 'vault', lines: times(40, () => raw('\\x80\\x81\\xfe\\xff')), about: 'log' },
  {
    name: "AUDIT text that a function raises in the agent's session: nobody knows whose function",
    log: 'database',
    lines: [
      stolen(0).replace('public.payroll', 'public.orders').replace('15000', '1'),
      ...times(5, (n) =>
        csvlog(n, { message: audit(200 + n, READ, THEFT, 1), context: 'PL/pgSQL function f() line 2 at RAISE' }),
      ),
    ],
    about: 'log',
  },
  {
    name: "AUDIT lines without their fields in the agent's session",
    log: 'database',
    lines: times(5, (n) => csvlog(n, { message: 'AUDIT: SESSION,x' })),
    about: 'agent',
  },
  {
    name: 'AUDIT lines without their fields in no session',
    log: 'database',
    lines: times(5, (n) => csvlog(n, { session: '', message: 'AUDIT: SESSION,x' })),
    about: 'log',
  },
];
