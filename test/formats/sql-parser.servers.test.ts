import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { foldSql } from '../../src/formats/fold-sql.ts';
import { isEvent } from '../../src/formats/format.ts';
import { pgauditJson } from '../../src/formats/pgaudit-json.ts';
import { deedOf } from '../../src/formats/statement-objects.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { parseAll } from './records.ts';
import { PREPARED, READING, type Tricky, WRITING } from './tricky-postgres.ts';

/** No text says which tables a view reads; and of MERGE pgaudit names what its branches do, the text what it is. */
const asWritten = (sql: string, deed: string): string | undefined => {
  if (sql.includes('payroll_view') && deed === 'SELECT public.payroll') return undefined;
  return sql.startsWith('MERGE') ? deed.replace(/^(?:INSERT|UPDATE|DELETE) /, 'MERGE ') : deed;
};

describeWith('the parser and pgaudit', startPostgres, (server) => {
  test('name the same tables, with the same verb for what is written', { timeout: 60_000 }, async () => {
    const { logFile } = server();
    if (logFile === undefined) throw new Error('a server of our own has a log');
    const client = new pg.Client(server().url);
    await client.connect();
    const refused: string[] = [];
    const statements: readonly Tricky[] = [...READING, ...WRITING];
    try {
      await client.query(PREPARED);
      await client.query(
        "SET pgaudit.log = 'read,write'; SET pgaudit.log_relation = on; SET pgaudit.log_catalog = off",
      );
      for (const [at, [sql]] of statements.entries()) {
        await client.query('BEGIN');
        await client.query(`SELECT '${at}-of-tricky'`);
        await client.query(sql).catch((error: Error) => refused.push(`${sql}: ${error.message}`));
        await client.query('ROLLBACK');
      }
    } finally {
      await client.end();
    }

    const told = new Map<number, Set<string>>();
    let at = -1;
    for (const line of readFileSync(logFile, 'utf8').trimEnd().split('\n')) {
      const fields = (JSON.parse(line) as { message?: string }).message ?? '';
      const mark = /'(\d+)-of-tricky'/.exec(fields)?.[1];
      if (mark !== undefined) at = Number(mark);
      else
        for (const event of parseAll(pgauditJson, Buffer.from(`${line}\n`)))
          if (isEvent(event) && / \S/.test(event.action)) told.set(at, (told.get(at) ?? new Set()).add(event.action));
    }
    expect(refused).toEqual([]);
    const named = statements.map(([sql]) => {
      const { verb, objects, written } = deedOf(foldSql(sql, 'sql', 8_192), 'sql');
      const verbs = new Map(written);
      const deeds = objects.map((object) => `${verbs.get(object) ?? (verb === 'SELECT' ? verb : 'SELECT')} ${object}`);
      return { sql, deeds: deeds.sort() };
    });
    const audited = statements.map(([sql], number) => ({
      sql,
      deeds: [...(told.get(number) ?? [])]
        .map((deed) => asWritten(sql, deed))
        .filter((deed) => deed !== undefined)
        .sort(),
    }));
    expect(named).toEqual(audited);
  });
});
