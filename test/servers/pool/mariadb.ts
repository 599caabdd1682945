import { escapeId } from 'mysql2';
import type mysql from 'mysql2/promise';
import { launchMariaDb } from '../mariadb.ts';
import type { Lendable } from './pool.ts';

const SYSTEM = ['information_schema', 'mysql', 'performance_schema', 'sys'];

export async function mariaDbToLend(): Promise<Lendable> {
  const { url, root, stop } = await launchMariaDb();
  root.on('error', () => {}); // the next cleaning fails, and says so
  const before = { accounts: new Set(await accounts(root)), variables: await variables(root) };
  return {
    address: { url },
    clean: () => clean(root, before),
    async stop() {
      await root.end();
      await stop();
    },
  };
}

interface Before {
  readonly accounts: ReadonlySet<string>;
  readonly variables: ReadonlyMap<string, string>;
}

async function clean(root: mysql.Connection, before: Before): Promise<void> {
  await root.query('SET GLOBAL general_log = OFF');
  const others = "ID <> CONNECTION_ID() AND USER NOT IN ('system user', 'event_scheduler')";
  for (const id of await column(root, `SELECT ID FROM information_schema.PROCESSLIST WHERE ${others}`))
    await root.query(`KILL ${id}`).catch(isGone);
  for (const [name, value] of await variables(root)) {
    const was = before.variables.get(name);
    if (was !== value) await root.query(`SET GLOBAL ${name} = ${/^\d+$/.test(was ?? '') ? was : root.escape(was)}`);
  }
  for (const name of await column(root, 'SHOW DATABASES'))
    if (!SYSTEM.includes(name)) await root.query(`DROP DATABASE ${escapeId(name, true)}`);
  for (const account of await accounts(root)) if (!before.accounts.has(account)) await root.query(`DROP ${account}`);
  await root.query('TRUNCATE mysql.general_log');
}

/** As they follow DROP. */
const accounts = (root: mysql.Connection): Promise<string[]> =>
  column(
    root,
    "SELECT IF(is_role = 'Y', CONCAT('ROLE ', QUOTE(User)), CONCAT('USER ', QUOTE(User), '@', QUOTE(Host))) FROM mysql.user",
  );

async function variables(root: mysql.Connection): Promise<Map<string, string>> {
  const [rows] = await root.query<mysql.RowDataPacket[]>(
    "SELECT VARIABLE_NAME, GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES WHERE READ_ONLY = 'NO' AND GLOBAL_VALUE IS NOT NULL",
  );
  return new Map(rows.map((row) => [String(row['VARIABLE_NAME']), String(row['GLOBAL_VALUE'])]));
}

async function column(root: mysql.Connection, sql: string): Promise<string[]> {
  const [rows] = await root.query<mysql.RowDataPacket[]>(sql);
  return rows.map((row) => String(Object.values(row)[0]));
}

function isGone(error: Error & { code?: string }): void {
  if (error.code !== 'ER_NO_SUCH_THREAD') throw error;
}
