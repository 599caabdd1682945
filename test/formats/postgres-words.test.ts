import { describe, expect, it } from 'vitest';
import { pgauditCsv } from '../../src/formats/pgaudit-csv.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { parseAll } from './records.ts';

const PREFIX = '2026-11-02 10:00:00.100 UTC [4242] [user=billing,db=shop,app=a,client=10.1.0.5,session=6b0c8090.1092] ';
const AUDIT = 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.customers,select 1 from customers,<not logged>,1';
const stderr = (bytes: BufferEncoding, ...texts: readonly string[]) =>
  parseAll(pgauditStderr, Buffer.from(texts.map((text) => `${PREFIX}${text}\n`).join(''), bytes));

/** Log, error, statement, context; how a denial is said. */
const LANGUAGES = [
  ['German', 'LOG', 'FEHLER', 'ANWEISUNG', 'ZUSAMMENHANG', 'keine Berechtigung für Tabelle payroll'],
  ['Russian', 'СООБЩЕНИЕ', 'ОШИБКА', 'ОПЕРАТОР', 'КОНТЕКСТ', 'нет доступа к таблице payroll'],
  ['Chinese', '日志', '错误', '语句', '上下文', '对表 payroll 的权限不足'],
  ['French', 'LOG', 'ERREUR', 'INSTRUCTION ', 'CONTEXTE ', 'droit refusé pour la table payroll'],
  ['Japanese', 'LOG', 'ERROR', '文', '文脈', 'テーブル payroll へのアクセスが拒否されました'],
  ['Korean', '로그', '오류', '명령 구문', '내용', 'payroll 테이블에 대한 접근 권한 없음'],
  ['Russian in Latin letters', 'SOOBSHHENIE', 'OSHIBKA', 'OPERATOR', 'KONTEKST', 'net dostupa k tablicze payroll'],
  ['Ukrainian in Latin letters', 'ZAPISUVANNYA', 'POMILKA', 'INSTRUKCZIYA', 'KONTEKST', 'nemaye dozvolu: payroll'],
  ['French with question marks', 'LOG', 'ERREUR', 'INSTRUCTION ', 'CONTEXTE ', 'droit refus? pour la table payroll'],
  ['Swedish without accents', 'LOGG', 'FEL', 'SATS', 'KONTEXT', 'rattighet saknas for tabell payroll'],
  ['Spanish', 'LOG', 'ERROR', 'SENTENCIA', 'CONTEXTO', 'permiso denegado a la tabla payroll'],
] as const;

describe.each(LANGUAGES)('a stderr log in %s', (_name, log, error, statement, context, denied) => {
  it('tells uses, denials and failures, each with its object and once', () => {
    const parsed = stderr(
      'utf8',
      `${log}:  ${AUDIT}`,
      ...[`${error}:  ${denied}`, `${statement}:  select * from payroll`],
      ...[`${error}:  x`, `${statement}:  insert into customers values (1)`],
    );
    expect(parsed).toMatchObject([
      { action: 'SELECT public.customers', result: 'success', uses: 1 },
      { action: 'SELECT public.payroll', result: 'denied', uses: 1 },
      { action: 'INSERT public.customers', result: 'error', uses: 1 },
    ]);
  });

  it('tells what a function raised from what pgaudit wrote', () => {
    const raised = [`${log}:  ${AUDIT}`, `${context}:  PL/pgSQL f()`, `${statement}:  select f()`];
    expect(stderr('utf8', ...raised)).toMatchObject([{ ignored: 'raised-message' }]);
  });
});

it('of unknown words, a place in a function is no message: neither alone nor between one and its statement', () => {
  const place = '????????:  ??????? PL/pgSQL inline_code_block, ?????? 1, RAISE';
  const parsed = stderr('utf8', '??:  x', place, '??:  select f()', place, '??:  select f()', '??:  y');
  expect(parsed.filter((one) => 'action' in one)).toMatchObject([{ action: 'SELECT', result: 'error', uses: 1 }]);
});

it('a stderr log of LATIN1 is read like one of UTF-8', () => {
  const parsed = stderr(
    'latin1',
    'ERREUR:  droit refusé pour la table payroll',
    'DÉTAIL:  é',
    'INSTRUCTION :  select * from payroll',
  );
  expect(parsed).toMatchObject([{ action: 'SELECT public.payroll' }]);
});

it.each([
  ['of a language without a catalog', 'BŁĄD', 'WYRAŻENIE'],
  ['that the encoding of the database has no letters for', '??????', '????????'],
])('words %s: the statement behind a message, and nothing else, shows that it failed', (_name, error, statement) => {
  expect(stderr('utf8', `${error}:  ??? payroll`, `${statement}:  select * from payroll`)).toMatchObject([
    { ignored: 'server-line' },
    { action: 'SELECT public.payroll', result: 'error', uses: 1 },
  ]);
  const ofOther = `${statement}:  select * from payroll`;
  expect(stderr('utf8', ofOther)).toEqual([{ ignored: 'server-line' }]);
  expect(stderr('utf8', `${error}:  ${AUDIT}`, `${statement}:  ${AUDIT.replace('1,1', '2,1')}`)).toMatchObject([
    { action: 'SELECT public.customers', uses: 1 },
    { action: 'SELECT public.customers', uses: 1 },
  ]);
});

it.each([
  [
    '[unknown]',
    'connection received: host=x',
    'connection authorized: user=billing',
    'disconnection: session time: 0:00:01.000',
  ],
  [
    '[unbekannt]',
    'Verbindung empfangen: Host=x',
    'Verbindung autorisiert: Benutzer=billing',
    'Verbindungsende: Sitzungszeit: 0:00',
  ],
  [
    '[н/д]',
    'принято подключение: узел=x',
    'подключение авторизовано: пользователь=billing',
    'отключение: время сеанса: 0:00',
  ],
])(
  'lines about connections count in any language, also where nobody is named yet: %s',
  (unknown, received, authorized, ended) => {
    const stranger = PREFIX.replace('6b0c8090.1092', '6b0c8099.1093').replace('4242', '4243');
    const lines = [
      `${PREFIX.replace('billing', unknown).replace('shop', unknown).replace('app=a', `app=${unknown}`)}LOG:  ${received}`,
      `${PREFIX}LOG:  ${authorized}`,
      `${PREFIX}LOG:  ${AUDIT}`,
      `${PREFIX}LOG:  ${ended}`,
      `${stranger}LOG:  ${AUDIT}`,
    ];
    expect(parseAll(pgauditStderr, Buffer.from(`${lines.join('\n')}\n`))).toMatchObject([
      ...[{ ignored: 'connection-line' }, { ignored: 'connection-line' }],
      { proof: { state: 'declared' } },
      { ignored: 'connection-line' },
      // The log has such lines, and of this session none.
      { proof: { state: 'unproven' } },
    ]);
  },
);

it('csvlog tells the end of a session from a failed statement by the word, in any language', () => {
  const line = (severity: string, state: string, message: string, statement = ''): string =>
    `2026-11-02 10:00:00.100 UTC,"billing","shop",4242,"10.1.0.5:5000",6b0c8090.1,1,"SELECT",2026-11-02 09:00:00 UTC,3/2,0,${severity},${state},"${message}",,,,,,${statement},,,"app","client backend",,0\n`;
  const read = (text: string) => parseAll(pgauditCsv, Buffer.from(text));
  expect(read(line('ВАЖНО', '28P01', 'x'))).toMatchObject([{ action: 'LOGIN', result: 'rejected' }]);
  expect(read(line('ОШИБКА', '42501', 'x', '"select * from payroll"'))).toMatchObject([
    { action: 'SELECT public.payroll', result: 'denied' },
  ]);
  expect(read(line('ПРЕДУПРЕЖДЕНИЕ', '01000', 'x'))).toEqual([{ ignored: 'server-line' }]);
});
