import { exponential, integer, type Random } from './random.ts';
import { HOUR, MINUTE, SECOND } from './schedule.ts';
import type { SimulatedUse, SqlAction } from './use.ts';

/** One record of PostgreSQL's log, before it is written as JSON, CSV or text. */
export interface PgRecord {
  readonly time: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** `%c`: start in seconds and process id, both hex. */
  readonly session: string;
  readonly line: number;
  readonly ps: string;
  readonly sessionStart: number;
  readonly vxid: string | undefined;
  readonly txid: number;
  readonly severity: 'LOG' | 'ERROR' | 'FATAL';
  readonly state: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly statement: string | undefined;
  readonly application: string | undefined;
  readonly backend: 'not initialized' | 'client backend';
}

const DATABASE = 'appdb';
const HBA_FILE = '/etc/postgresql/15/main/pg_hba.conf';
const HBA_RULE = 'host    all             all             10.0.0.0/8              scram-sha-256';

interface Connection {
  readonly user: string;
  readonly application: string;
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly start: number;
  readonly slot: number;
  lines: number;
  statements: number;
}

/** What a server logs for each use: a connection a session, audit records, errors, the disconnection. Wants uses in time order. */
export function postgresServer(random: Random): (use: SimulatedUse) => PgRecord[] {
  const connections = new Map<string, Connection>();
  let pid = 1_200;
  let localXid = 1;
  let txid = 740;

  const record = (connection: Connection, time: number, fields: Partial<PgRecord>): PgRecord => {
    connection.lines += 1;
    return {
      time,
      user: connection.user,
      database: DATABASE,
      pid: connection.pid,
      host: connection.host,
      port: connection.port,
      session: `${Math.floor(connection.start / SECOND).toString(16)}.${connection.pid.toString(16)}`,
      line: connection.lines,
      ps: '',
      sessionStart: connection.start,
      vxid: undefined,
      txid: 0,
      severity: 'LOG',
      state: '00000',
      message: '',
      detail: undefined,
      statement: undefined,
      application: connection.application,
      backend: 'client backend',
      ...fields,
    };
  };

  const nextVxid = (connection: Connection): string => {
    localXid += 1;
    return `${connection.slot}/${localXid}`;
  };

  /** A little before its first statement. */
  function received(use: SimulatedUse): { connection: Connection; records: PgRecord[]; at: number } {
    pid = pid > 4_000_000 ? 1_200 : pid + integer(random, 1, 9);
    const start = use.time - integer(random, 8, 30);
    const [port, slot] = [integer(random, 32_768, 60_999), integer(random, 3, 40)];
    const connection = {
      user: use.identity,
      application: use.client,
      pid,
      host: use.ip,
      port,
      start,
      slot,
      lines: 0,
      statements: 0,
    };
    const message = `connection received: host=${use.ip} port=${port}`;
    const nobody = {
      user: undefined,
      database: undefined,
      application: undefined,
      backend: 'not initialized',
    } as const;
    return {
      connection,
      records: [record(connection, start, { ...nobody, message })],
      at: start + integer(random, 4, 7),
    };
  }

  function connect(use: SimulatedUse, known: Connection | undefined): { connection: Connection; records: PgRecord[] } {
    if (known !== undefined) return { connection: known, records: [] };
    const { connection, records, at } = received(use);
    connections.set(use.session, connection);
    const common = { ps: 'authentication', vxid: nextVxid(connection), application: undefined };
    const authenticated = `connection authenticated: identity="${use.identity}" method=scram-sha-256 (${HBA_FILE}:97)`;
    const authorized = `connection authorized: user=${use.identity} database=${DATABASE} application_name=${use.client}`;
    records.push(record(connection, at, { ...common, message: authenticated }));
    records.push(record(connection, at, { ...common, message: authorized }));
    return { connection, records };
  }

  function loginRefused(use: SimulatedUse): PgRecord[] {
    const { connection, records, at } = received(use);
    const refused = record(connection, at, {
      ps: 'authentication',
      vxid: nextVxid(connection),
      severity: 'FATAL',
      state: '28P01',
      message: `password authentication failed for user "${use.identity}"`,
      detail: `Connection matched pg_hba.conf line 97: "${HBA_RULE}"`,
      application: undefined,
    });
    return [...records, refused];
  }

  /** A statement that fails or is denied leaves an error and no audit record. */
  function failed(use: SimulatedUse, action: SqlAction, connection: Connection): PgRecord {
    const denied = use.result === 'denied';
    const table = action.tables[0]?.split('.').at(-1) ?? '';
    return record(connection, use.time, {
      ps: action.command,
      vxid: nextVxid(connection),
      severity: 'ERROR',
      state: denied ? '42501' : '57014',
      message: denied ? `permission denied for table ${table}` : 'canceling statement due to statement timeout',
      statement: action.statement,
    });
  }

  function audited(use: SimulatedUse, action: SqlAction, connection: Connection): PgRecord[] {
    connection.statements += 1;
    if (action.class !== 'READ') txid += 1;
    const common = {
      ps: action.command,
      vxid: nextVxid(connection),
      txid: action.class === 'READ' ? 0 : txid,
    };
    return auditLines(action, use.rows).map(([substatement, fields]) => {
      const message = `AUDIT: SESSION,${connection.statements},${substatement},${fields.map(auditField).join(',')}`;
      return record(connection, use.time, { ...common, message });
    });
  }

  function disconnected(use: SimulatedUse, connection: Connection): PgRecord {
    connections.delete(use.session);
    const end = use.time + Math.round(exponential(random, 20));
    const where = `user=${connection.user} database=${DATABASE} host=${connection.host} port=${connection.port}`;
    const message = `disconnection: session time: ${duration(end - connection.start)} ${where}`;
    return record(connection, end, { ps: 'idle', message });
  }

  return (use) => {
    if (use.action.kind !== 'sql') throw new TypeError(`PostgreSQL does not log ${use.action.kind} actions`);
    if (use.result === 'rejected') return loginRefused(use);
    const { connection, records } = connect(use, connections.get(use.session));
    if (use.result === 'success') records.push(...audited(use, use.action, connection));
    else records.push(failed(use, use.action, connection));
    if (use.endsSession) records.push(disconnected(use, connection));
    return records;
  };
}

/** Substatement number and the fields after it: one a relation, or one of none; COPY adds one of its own; a dropped table brings its parts along. */
function auditLines(action: SqlAction, rows: number): [number, readonly string[]][] {
  const { statement } = action;
  const parameters = action.parameters.length === 0 ? '<none>' : action.parameters.map(auditField).join(',');
  const line = (command: string, type: string, name: string, count: number) =>
    [action.class, command, type, name, statement, parameters, String(count)] as const;
  // Roles are in no relation: pgaudit names none.
  if (action.tables.length === 0) return [[1, line(action.command, '', '', 0)]];
  if (action.command === 'COPY') {
    const read = action.tables.map((table) => line('SELECT', 'TABLE', table, rows));
    return [...read.map((fields): [number, readonly string[]] => [1, fields]), [2, line('COPY', '', '', 0)]];
  }
  if (action.command !== 'DROP TABLE') {
    return action.tables.map((table) => [1, line(action.command, 'TABLE', table, rows)]);
  }
  return action.tables.flatMap((table) =>
    [
      ['TABLE', table],
      ['TABLE CONSTRAINT', `${table.split('.').at(-1)}_pkey on ${table}`],
      ['INDEX', `${table}_pkey`],
    ].map(([type = '', name = '']): [number, readonly string[]] => [1, line('DROP TABLE', type, name, 0)]),
  );
}

/** pgaudit quotes a field only where it must. */
const auditField = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function duration(milliseconds: number): string {
  const part = (unit: number, modulo: number) => String(Math.floor(milliseconds / unit) % modulo).padStart(2, '0');
  const hours = Math.floor(milliseconds / HOUR);
  const thousandths = String(milliseconds % SECOND).padStart(3, '0');
  return `${hours}:${part(MINUTE, 60)}:${part(SECOND, 60)}.${thousandths}`;
}
