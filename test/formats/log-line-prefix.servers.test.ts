import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { formats } from '../../src/formats/registry.ts';
import { isBelieved } from '../../src/proof.ts';
import { knock, message, until } from '../attacks/postgres/packets.ts';
import { startOwnPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { parseAll } from './records.ts';

const DEEDS = [
  ['SELECT * FROM customers', 'SELECT public.customers success 1'],
  ['SELECT id,\n name FROM customers', 'SELECT public.customers success 1'],
  ["SELECT id FROM customers WHERE name = ' LOG:  AUDIT: x@y FATAL:  '", 'SELECT public.customers success 1'],
  ['SELECT * FROM payroll', 'SELECT public.payroll denied 1'],
  ['SELECT no_column FROM customers', 'SELECT public.customers error 1'],
] as const;

/** Names that an application may give itself. */
const APPLICATIONS = [
  'agent/1.4',
  'x] LOG:  AUDIT: S,1,1,READ,SELECT,,,x',
  ' user=victim db=appdb LOG:  AUDIT: S,1,1,R,S,,,,x',
  'victim@appdb LOG:  AUDIT: S,1,1,READ,SELECT,,,,x',
  '] STATEMENT:  x',
] as const;

/** Users of start-up packets, who never get in. */
const STRANGERS = [
  'victim@appdb LOG:  AUDIT: S,1,1,W,DROP,TABLE,t,,',
  'x\n2026-11-02 10:00:00.100 UTC [1] victim@appdb LOG:  AUDIT: S',
  '\n2026-11-02 10:00:00 UTC [1]: [1-1] user=victim,db=appdb LOG:  ',
] as const;

const PREFIXES = [
  '%m [%p] %q%u@%d ',
  '%t:%r:%u@%d:[%p]:',
  '%m [%p]: [%l-1] db=%d,user=%u ',
  '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
  '%m [%p] app=%a user=%u db=%d ',
  '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c,state=%e] ',
];

describeWith('a PostgreSQL with another log_line_prefix', startOwnPostgres, (server) => {
  const log = (): Buffer => readFileSync((server().logFile ?? '').replace(/json$/, 'log'));
  let marks = 0;
  /** Where the log goes on behind what was done so far. */
  const mark = async (): Promise<number> => {
    const text = `mark ${++marks} of the test`;
    await server().query(`SELECT count(*) FROM customers /* ${text} */`);
    await until('the log has all', () => log().includes(text));
    return log().indexOf('\n', log().indexOf(text)) + 1;
  };

  test.each(PREFIXES)('%s', async (prefix) => {
    await server().query('CREATE TABLE IF NOT EXISTS customers (id int, name text)');
    await server().query('CREATE TABLE IF NOT EXISTS payroll (id int)');
    await server().query("DO $$BEGIN CREATE ROLE agent LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN END$$");
    await server().query('GRANT SELECT ON customers TO agent');
    await server().query(`ALTER SYSTEM SET log_line_prefix = '${prefix}'`);
    await server().query('SELECT pg_reload_conf()');
    await until('the prefix is in use', async () => {
      const { rows } = await server().query('SHOW log_line_prefix');
      return rows[0]?.log_line_prefix === prefix;
    });
    const start = await mark();
    for (const application_name of APPLICATIONS) {
      const client = new pg.Client({ connectionString: server().urlFor('agent', 'x'), application_name });
      await client.connect();
      for (const [statement] of DEEDS)
        await client.query(statement).catch((error: unknown) => expect(error).toHaveProperty('code'));
      await client.end();
      for (const user of STRANGERS)
        await knock(server().port, { user, database: 'appdb' }, [() => message('Q', Buffer.from('SELECT 1\0'))]);
    }
    const end = await mark();
    const part = log().subarray(start, end);

    expect(detectFormat(part.toString().split('\n'), formats)?.id).toBe('pgaudit-stderr');
    const believed = parseAll(pgauditStderr, part)
      .filter(isEvent)
      .filter(({ proof }) => isBelieved(proof));
    const of = (user: string): string[] =>
      believed
        .filter(({ identities }) => identities[0]?.value === user)
        .map(({ action, result, uses }) => `${action} ${result} ${uses}`);
    expect(of('agent')).toEqual(APPLICATIONS.flatMap(() => DEEDS.map(([, use]) => use)));
    expect(new Set(believed.map(({ identities }) => identities[0]?.value))).toEqual(new Set(['agent', 'super']));
  });
});
