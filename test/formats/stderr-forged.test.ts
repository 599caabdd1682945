import { describe, expect, it } from 'vitest';
import { isEvent, type Parsed } from '../../src/formats/format.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { parseAll } from './records.ts';

const TIME = '2026-11-23 12:02:00.731 UTC';
const line = (process: number, user: string, db: string, app: string, text: string, session = idOf(process)): string =>
  `${TIME} [${process}] [user=${user},db=${db},app=${app},client=10.4.1.7,session=${session}] ${text}`;
const idOf = (process: number): string => `6b042b38.${process.toString(16)}`;
const connected = (process: number, user: string): string[] => [
  line(process, '[unknown]', '[unknown]', '[unknown]', 'LOG:  connection received: host=10.4.1.7 port=41360'),
  line(process, user, 'appdb', '[unknown]', `LOG:  connection authorized: user=${user} database=appdb`),
];
const received = (process: number): string => connected(process, 'x')[0] ?? '';
const AUDIT = 'LOG:  AUDIT: SESSION,1,1,WRITE,DROP TABLE,TABLE,public.orders,drop table orders,<not logged>';
const FATAL = 'FATAL:  password authentication failed for user "x"';
const read = (...lines: string[]): Parsed[] => parseAll(pgauditStderr, Buffer.from(`${lines.join('\n')}\n`));
const provenOf = (parsed: readonly Parsed[]) =>
  parsed.filter(isEvent).map(({ identities, proof, action }) => [identities[0]?.value, proof.state, action]);

const HONEST = [...connected(17, 'victim'), line(17, 'victim', 'appdb', 'agent', AUDIT)];
const DROP = 'DROP TABLE public.orders';

describe('a name in the start-up packet', () => {
  it.each([
    // Each is what a user (63 bytes) and a database (63 bytes) make of the line of a failed login.
    [
      'user and database that forge a whole line',
      `\n${TIME} [1] [user=victim`,
      'd,app=,client=,session=6b0c8090.1] LOG:  AUDIT: S,1,1,R,X,,,,',
    ],
    [
      'the same with the real session',
      `\n${TIME} [17] [user=victim`,
      `d,app=,client=,session=${idOf(17)}] LOG:  AUDIT: S,1,1,R,X,,,,`,
    ],
    [
      'a user that closes the prefix itself',
      'victim,db=,app=,client=,session=1.1] LOG:  AUDIT: S,1,1,W',
      'DROP,TABLE,t,,\n',
    ],
    [
      'the same with a server line behind it',
      'victim,db=,app=,client=,session=1.1] LOG:  AUDIT: S,1,1,W',
      `DROP,T,t,,\n${TIME} [1] LOG:  `,
    ],
    ['a line end in the database alone', 'victim', `d\n${TIME} [1] [user=victim,db=d`],
    ['a tab behind the line end', 'x\n\tvictim', 'd'],
    [
      'many line ends',
      `\n\n\n\n${TIME} [1] [user=victim`,
      'd,app=,client=,session=6b0c8090.1] LOG:  AUDIT: S,1,1,R,X,,,,\n\n',
    ],
  ])('is nobody: %s', (_name, user, database) => {
    const forged = line(99, user, database, '[unknown]', FATAL);
    const parsed = read(
      ...HONEST,
      received(99),
      forged,
      line(17, 'victim', 'appdb', 'agent', AUDIT.replace('SESSION,1', 'SESSION,2')),
    );
    const believed = provenOf(parsed).filter(([, state]) => state === 'declared' || state === 'verified');
    expect(believed).toEqual([
      ['victim', 'declared', DROP],
      ['victim', 'declared', DROP],
    ]);
  });

  it.each([98, 99, 100])('is nobody where it guesses the process it will get, %i of 99', (guess) => {
    const user = `victim,db=,app=,client=,session=${idOf(guess)}] LOG:  `;
    const authorized = line(99, user, 'connection authorized: user=victim\n', '[unknown]', FATAL);
    const audit = line(guess, `${user}AUDIT: S,1,1,W`, 'DROP,TABLE,t,,\n', '[unknown]', FATAL);
    const parsed = read(...HONEST, received(99), authorized, received(guess), audit);
    expect(provenOf(parsed).filter(([, state]) => state === 'declared')).toEqual([['victim', 'declared', DROP]]);
  });

  it('does not hide what the next honest lines say', () => {
    const forged = line(99, `\n${TIME} [1] [user=victim`, 'd', '[unknown]', FATAL);
    const lines = Array.from({ length: 20 }, (_, at) => [
      forged,
      ...connected(200 + at, 'other'),
      line(200 + at, 'other', 'appdb', 'a', AUDIT),
    ]);
    const parsed = read(...HONEST, ...lines.flat());
    expect(provenOf(parsed).filter(([user, state]) => user === 'other' && state === 'declared')).toHaveLength(20);
  });
});

describe('an application name', () => {
  it.each([
    'x,client=,session=6b0c8090.77] LOG:  AUDIT: S,1,1,W,D,,,,',
    `x,client=,session=${idOf(17)}] LOG:  `,
    ',db=other,app=other',
    '] STATEMENT:  ',
    ',client=,session=1.1] DETAIL:  ',
  ])('that imitates the prefix hides nothing and names nobody else: %s', (app) => {
    const parsed = read(...connected(17, 'agent'), line(17, 'agent', 'appdb', app, AUDIT));
    expect(provenOf(parsed)).toEqual([['agent', 'declared', DROP]]);
  });
});

it('of a log that begins in the middle of a session is declared, as where connections are not logged', () => {
  expect(provenOf(read(line(17, 'victim', 'appdb', 'agent', AUDIT)))).toEqual([['victim', 'declared', DROP]]);
});

it('of a session that was not authorized, where the log has such lines, proves nothing', () => {
  const late = `6b042b50.${(99).toString(16)}`;
  const parsed = read(...connected(17, 'a'), line(99, 'victim', 'appdb', 'agent', AUDIT, late));
  expect(provenOf(parsed)).toEqual([['victim', 'unproven', DROP]]);
});

it('goes on over a restart in the middle of a forged name', () => {
  const text = [
    ...HONEST,
    line(
      99,
      `\n${TIME} [1] [user=victim`,
      'd,app=,client=,session=6b0c8090.1] LOG:  AUDIT: S,1,1,R,X,,,,',
      '[unknown]',
      FATAL,
    ),
  ].join('\n');
  const records = text.split('\n').map((record) => Buffer.from(record));
  const context = { redactor: { clean: (t: string) => t, show: (t: string) => t, fingerprint: () => '' } };
  const one = pgauditStderr.parser(context);
  const expected = records.map((bytes) => one.parse(bytes, 0, bytes.length));
  let parser = pgauditStderr.parser(context);
  const restarted = records.map((bytes) => {
    const saved = JSON.parse(JSON.stringify(parser.save?.()));
    parser = pgauditStderr.parser(context);
    parser.load?.(saved);
    return parser.parse(bytes, 0, bytes.length);
  });
  expect(restarted).toEqual(expected);
});

describe('a line that a session raises itself', () => {
  const raised = (process: number, user: string, text: string): string[] => [
    line(process, user, 'appdb', 'a', `LOG:  ${text}`),
    line(process, user, 'appdb', 'a', 'CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE'),
    line(process, user, 'appdb', 'a', 'STATEMENT:  DO ...'),
  ];

  it('does not end it: what it does afterwards still counts', () => {
    const parsed = read(
      ...connected(17, 'thief'),
      ...raised(17, 'thief', 'disconnection: session time: 0:00:01.000'),
      line(17, 'thief', 'appdb', 'a', AUDIT),
    );
    expect(provenOf(parsed)).toEqual([['thief', 'declared', DROP]]);
  });

  it('does not make a log without lines about connections one that has them', () => {
    const later = `6b042b50.${(99).toString(16)}`;
    const parsed = read(
      ...raised(17, 'thief', 'connection authorized: x'),
      line(99, 'victim', 'appdb', 'agent', AUDIT, later),
    );
    expect(provenOf(parsed)).toEqual([['victim', 'declared', DROP]]);
  });
});

it('of a Unix socket is a session like any other, and hides no other', () => {
  const local = line(17, 'agent', 'appdb', 'a', AUDIT).replace('client=10.4.1.7', 'client=[local]');
  expect(provenOf(read(local, line(18, 'other', 'appdb', 'a', AUDIT)))).toEqual([
    ['agent', 'declared', DROP],
    ['other', 'declared', DROP],
  ]);
});

it('of a FATAL before the session has an application or a statement is a failed login, also of one that was authorized', () => {
  const parsed = read(
    ...connected(17, 'agent'),
    line(17, 'agent', 'nowhere', '[unknown]', 'FATAL:  database "nowhere" does not exist'),
  );
  expect(provenOf(parsed)).toEqual([['agent', 'rejected', 'LOGIN']]);
});
