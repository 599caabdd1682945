import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CredentialUse } from '../../src/event.ts';
import { isEvent } from '../../src/formats/format.ts';
import { formatById } from '../../src/formats/registry.ts';
import { findProgram } from '../servers/find-program.ts';
import { type PostgresServer, startOwnPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { DEEDS, PREPARED, WITH_LETTERS } from './postgres-deeds.ts';
import { parseAll } from './records.ts';

const LOGS = { 'pgaudit-json': 'pg.json', 'pgaudit-csv': 'pg.csv', 'pgaudit-stderr': 'pg.log' } as const;
type LogName = keyof typeof LOGS;
const LOG_NAMES = Object.keys(LOGS) as LogName[];
const ENCODINGS = { UTF8: 'utf8', LATIN1: 'latin1', SQL_ASCII: 'latin1' } as const;
type Encoding = keyof typeof ENCODINGS;

interface Settings {
  readonly language: string;
  readonly server: Readonly<Record<string, string>>;
  readonly timezone?: string;
}

/** Lines that pgaudit writes at another level than LOG are shown to clients, too. */
const atLevel = (level: string) => ({
  ...{ 'pgaudit.log_client': 'on', 'pgaudit.log_level': level },
  log_min_messages: level,
});
const SERVERS: readonly Settings[] = [
  {
    language: 'de',
    server: { ...atLevel('notice'), log_timezone: 'Europe/Berlin' },
    timezone: 'Europe/Berlin',
  },
  {
    language: 'ru',
    server: { 'pgaudit.log_relation': 'off', 'pgaudit.log_rows': 'off', log_line_prefix: '%m [%p] %q%u@%d ' },
  },
  { language: 'zh_CN', server: { ...atLevel('warning'), log_line_prefix: '%t:%r:%u@%d:[%p]:' } },
];

const startWith = async ({ language, server }: Settings): Promise<PostgresServer> => {
  // glibc's C.UTF-8 is everywhere, and lets LANGUAGE choose the messages.
  process.env.LANGUAGE = language;
  try {
    return await startOwnPostgres({ lc_messages: 'C.UTF-8', 'pgaudit.log': 'read,write,ddl,misc_set', ...server });
  } finally {
    delete process.env.LANGUAGE;
  }
};

describe.each(SERVERS)('a PostgreSQL that speaks $language', (settings) => {
  const { language, timezone } = settings;
  const hasRows = settings.server['pgaudit.log_rows'] !== 'off';
  const hasRelations = settings.server['pgaudit.log_relation'] !== 'off';
  describeWith(
    'has the same uses in each of its logs',
    () => startWith(settings),
    (server) => {
      let since = 0;
      const logOf = (name: LogName): Buffer => readFileSync((server().logFile ?? '').replace(/pg\.json$/, LOGS[name]));
      const usesIn = (name: LogName, user: string): CredentialUse[] => {
        const format = formatById(name);
        if (format === undefined) throw new Error(`no format ${name}`);
        return parseAll(format, logOf(name), { logTimezone: timezone })
          .filter(isEvent)
          .filter(({ identities }) => identities.some(({ value }) => value === user));
      };

      /** All that the agent does in a database of this encoding. */
      const work = async (encoding: Encoding, user: string): Promise<void> => {
        const database = `db_${user}`;
        await server().query(
          `CREATE DATABASE ${database} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
        );
        await server().query(`CREATE ROLE ${user} LOGIN NOINHERIT PASSWORD 'x'; GRANT boss TO ${user}`);
        const urlOf = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
        const connect = async (url: string): Promise<pg.Client> => {
          const client = new pg.Client({ connectionString: urlOf(url) });
          await client.connect();
          return client;
        };
        const owner = await connect(server().url);
        await owner.query(PREPARED(user));
        await owner.end();
        const agent = await connect(server().urlFor(user, 'x'));
        for (const { sql, fails } of DEEDS) {
          const state = await agent.query(sql).then(
            () => undefined,
            (error: { code?: string }) => error.code,
          );
          // Of a COPY to the client nothing is taken.
          expect(state, sql.slice(0, 80)).toBe(fails);
        }
        await agent.end();
        execFileSync(findProgram('psql', 'postgresql-client-15'), ['-Xq', urlOf(server().urlFor(user, 'x'))], {
          input: Buffer.from(WITH_LETTERS.sql, ENCODINGS[encoding]),
          env: { ...process.env, PGCLIENTENCODING: encoding },
        });
      };

      beforeAll(async () => {
        since = Date.now();
        await server().query('CREATE ROLE boss; CREATE ROLE stranger');
      });

      describe.each(Object.keys(ENCODINGS) as Encoding[])('of a database in %s', (encoding) => {
        const user = `agent_${language}_${encoding}`.toLowerCase();
        beforeAll(() => work(encoding, user));

        test.each(LOG_NAMES)('%s', async (log) => {
          const expected = [...DEEDS, WITH_LETTERS].flatMap(
            ({ uses, usesWithoutRows, usesWithoutRelations }) =>
              (hasRows ? undefined : usesWithoutRows) ?? (hasRelations ? undefined : usesWithoutRelations) ?? uses,
          );
          const found = (): string[] =>
            usesIn(log, user)
              .filter(({ uses }) => uses === 1)
              .map(({ action, result, rows }) => `${action} ${result} ${rows}`);
          await expect.poll(() => found().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(expected.length);
          // No encoding but UTF8 has Chinese letters, and without %e nothing else there says why a statement failed, or what a function raised.
          const isUntold = log === 'pgaudit-stderr' && language === 'zh_CN' && encoding !== 'UTF8';
          const told = (use: string): string => {
            const counted = hasRows ? use : use.replace(/\d+$/, '0');
            return isUntold ? counted.replace(' denied ', ' error ') : counted;
          };
          expect(found().filter((use) => !isUntold || !use.includes('public.secret'))).toEqual(expected.map(told));
          for (const { time, uses } of usesIn(log, user)) {
            expect([0, 1]).toContain(uses);
            expect(time).toBeGreaterThan(since - 1_000);
            expect(time).toBeLessThanOrEqual(Date.now());
          }
        });
      });

      test.runIf(existsSync(`/usr/share/locale/${language}/LC_MESSAGES/postgres-15.mo`))(
        'its csvlog is not in English',
        () => {
          expect(logOf('pgaudit-csv').toString('latin1')).not.toMatch(/,ERROR,42501,/);
        },
      );
    },
  );
});
