import type { Line, Render } from './line.ts';
import { type PgRecord, postgresServer } from './postgres-server.ts';
import type { Random } from './random.ts';

/** PostgreSQL 15's `jsonlog` with pgaudit (`log_relation`, `log_parameter` and `log_rows` on). Empty keys are left out, as there. */
export const pgauditJson = (random: Random): Render => renderWith(random, json);

/** The same records as `csvlog`: 26 columns, text quoted, SQL may span lines. */
export const pgauditCsv = (random: Random): Render => renderWith(random, csv);

/** The same as `stderr` with `log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`. */
export const pgauditStderr = (random: Random): Render => renderWith(random, stderr);

function renderWith(random: Random, write: (record: PgRecord) => string): Render {
  const server = postgresServer(random);
  return (use): Line[] => server(use).map((record) => ({ time: record.time, text: write(record) }));
}

const stamp = (time: number): string => `${new Date(time).toISOString().slice(0, 23).replace('T', ' ')} UTC`;
const wholeSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const json = (record: PgRecord): string =>
  // JSON.stringify leaves undefined keys out.
  JSON.stringify({
    timestamp: stamp(record.time),
    user: record.user,
    dbname: record.database,
    pid: record.pid,
    remote_host: record.host,
    remote_port: record.port,
    session_id: record.session,
    line_num: record.line,
    ps: record.ps,
    session_start: wholeSeconds(record.sessionStart),
    vxid: record.vxid,
    txid: record.txid,
    error_severity: record.severity,
    state_code: record.severity === 'LOG' ? undefined : record.state,
    message: record.message,
    detail: record.detail,
    statement: record.statement,
    application_name: record.application,
    backend_type: record.backend,
    query_id: 0,
  });

const quoted = (text: string | undefined): string => (text === undefined ? '' : `"${text.replaceAll('"', '""')}"`);

const csv = (record: PgRecord): string =>
  [
    stamp(record.time),
    quoted(record.user),
    quoted(record.database),
    record.pid,
    quoted(`${record.host}:${record.port}`),
    record.session,
    record.line,
    quoted(record.ps),
    wholeSeconds(record.sessionStart),
    record.vxid ?? '',
    record.txid,
    record.severity,
    record.state,
    quoted(record.message),
    quoted(record.detail),
    ...['', '', '', ''], // hint, internal query and its position, context
    quoted(record.statement),
    ...['', ''], // the query's cursor position, location
    quoted(record.application ?? ''),
    quoted(record.backend),
    '', // leader
    0,
  ].join(',');

function stderr(record: PgRecord): string {
  const { user = '[unknown]', database = '[unknown]', application = '[unknown]' } = record;
  const prefix = `${stamp(record.time)} [${record.pid}] [user=${user},db=${database},app=${application},client=${record.host},session=${record.session}] `;
  const part = (label: string, text: string) => `${prefix}${label}:  ${text.replaceAll('\n', '\n\t')}`;
  return [
    part(record.severity, record.message),
    ...(record.detail === undefined ? [] : [part('DETAIL', record.detail)]),
    ...(record.statement === undefined ? [] : [part('STATEMENT', record.statement)]),
  ].join('\n');
}
