import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { CredentialUse } from '../../src/event.ts';
import { isEvent } from '../../src/formats/format.ts';
import { formatById } from '../../src/formats/registry.ts';
import { type PostgresServer, startOwnPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { parseAll } from './records.ts';

const LOGS = { 'pgaudit-json': 'pg.json', 'pgaudit-csv': 'pg.csv', 'pgaudit-stderr': 'pg.log' } as const;

/** What `agent` does, in its own words, and what each is. */
const DEEDS = [
  ['SELECT * FROM customers', 'SELECT public.customers success 1'],
  [`SELECT ${'name, '.repeat(400)}id FROM customers`, 'SELECT public.customers success 1'],
  ['SELECT * FROM cust_v', 'SELECT public.cust_v success 1'],
  ['SELECT 1; COPY customers TO STDOUT', 'COPY public.customers success 1'],
  ['BEGIN; DECLARE c CURSOR FOR SELECT * FROM customers; COMMIT', 'SELECT public.customers success 1'],
  ['SELECT * FROM payroll', 'SELECT public.payroll denied 1'],
  ['SELECT 1; SELECT * FROM payroll', 'SELECT public.payroll denied 1'],
  ['INSERT INTO customers VALUES (1)', 'INSERT public.customers denied 1'],
] as const;

/** Text like pgaudit's that a function raises: no use of anything. */
const RAISED =
  "DO $$BEGIN RAISE LOG 'AUDIT: SESSION,9,1,READ,SELECT,TABLE,public.secret,select,<none>,1'; RAISE WARNING 'AUDIT: SESSION,9,1,READ,SELECT,TABLE,public.secret,select,<none>,1'; END$$";

const startIn = (language: string, more: Readonly<Record<string, string>>) => async (): Promise<PostgresServer> => {
  // glibc's C.UTF-8 is everywhere, and lets LANGUAGE choose the messages.
  process.env.LANGUAGE = language;
  try {
    return await startOwnPostgres({ lc_messages: 'C.UTF-8', 'pgaudit.log': 'read,write,ddl', ...more });
  } finally {
    delete process.env.LANGUAGE;
  }
};

describe.each([
  ['de', { 'pgaudit.log_level': 'notice' }, false],
  ['ru', { 'pgaudit.log_relation': 'off', 'pgaudit.log_rows': 'off', log_line_prefix: '%m [%p] %q%u@%d %e ' }, true],
  ['zh_CN', { 'pgaudit.log_level': 'warning', log_line_prefix: '%t:%r:%u@%d:[%p]:' }, false],
] as const)('a PostgreSQL that speaks %s', (language, more, hasCode) => {
  describeWith('in databases of every encoding', startIn(language, more), (server) => {
    const read = (): Record<string, CredentialUse[]> =>
      Object.fromEntries(
        Object.entries(LOGS).map(([id, name]) => {
          const format = formatById(id);
          const file = server().logFile?.replace(/pg\.json$/, name);
          if (format === undefined || file === undefined) throw new Error(`no log of ${id}`);
          return [id, parseAll(format, readFileSync(file)).filter(isEvent)];
        }),
      );
    const usesIn = (uses: readonly CredentialUse[], user: string): string[] =>
      uses
        .filter(({ identities }) => identities.some(({ value }) => value === user))
        .filter(({ action, uses: count }) => count === 1 && / public\./.test(action))
        .map(({ action, result, uses: count }) => `${action} ${result} ${count}`);

    test.each(['UTF8', 'LATIN1', 'SQL_ASCII'])('%s: each use counts once, with its object', async (encoding) => {
      const database = `db_${encoding.toLowerCase()}`;
      const user = `agent_${encoding.toLowerCase()}`;
      await server().query(
        `CREATE DATABASE ${database} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      );
      await server().query(`CREATE ROLE ${user} LOGIN PASSWORD 'x'`);
      const urlOf = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
      const asked = async (url: string, statements: readonly string[]): Promise<void> => {
        const client = new pg.Client({
          connectionString: urlOf(url),
          client_encoding: encoding === 'UTF8' ? 'UTF8' : 'LATIN1',
        });
        await client.connect();
        for (const statement of statements)
          await client.query(statement).catch((error: unknown) => expect(error).toHaveProperty('code', '42501'));
        await client.end();
      };
      await asked(server().url, [
        'CREATE TABLE customers (id int, name text); CREATE TABLE payroll (id int); CREATE VIEW cust_v AS SELECT * FROM customers',
        `INSERT INTO customers VALUES (1, 'Zo\u00eb'); GRANT SELECT ON customers, cust_v TO ${user}`,
      ]);
      await asked(server().urlFor(user, 'x'), [
        RAISED,
        ...DEEDS.map(([statement]) => statement),
        "SELECT * FROM customers WHERE name = 'Zo\u00eb'",
      ]);
      const expected = [...DEEDS.map(([, use]) => use), 'SELECT public.customers success 1'];
      await expect
        .poll(() => usesIn(read()['pgaudit-json'] ?? [], user).length, { timeout: 20_000 })
        .toBe(expected.length);
      const uses = read();
      for (const id of ['pgaudit-json', 'pgaudit-csv'] as const)
        expect(usesIn(uses[id] ?? [], user), id).toEqual(expected);
      // Without %e the stderr log has a denial in words, for which the encoding may have no letters.
      const isInWords = hasCode || encoding === 'UTF8' || language === 'de';
      // Nor does it show there that a function has raised a line: that counts for the agent who called it.
      const found = usesIn(uses['pgaudit-stderr'] ?? [], user).filter(
        (use) => encoding === 'UTF8' || language === 'de' || !use.includes('secret'),
      );
      expect(found, 'pgaudit-stderr').toEqual(
        isInWords ? expected : expected.map((use) => use.replace(' denied ', ' error ')),
      );
    });

    test.runIf(existsSync(`/usr/share/locale/${language}/LC_MESSAGES/postgres-15.mo`))(
      'its csvlog is not in English',
      () => {
        const file = server().logFile?.replace(/json$/, 'csv') ?? '';
        expect(readFileSync(file, 'latin1')).not.toMatch(/,ERROR,42501,/);
      },
    );
  });
});
