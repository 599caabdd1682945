import { described } from './described.ts';

/** ClickHouse's error codes (ErrorCodes.cpp). */
const NOT_AUTHENTICATED = [192, 193, 194, 516];
const NOT_ALLOWED = [164, 291, 392, 497];
const codes = { rejected: NOT_AUTHENTICATED, denied: NOT_ALLOWED };

/**
 * ClickHouse's `system.query_log` as JSONEachRow. A row of type QueryStart is followed by one that says how it ended. Failed logins are in
 * `system.session_log`.
 */
export const clickhouseQueryLog = described(
  {
    id: 'clickhouse-query-log',
    title: 'ClickHouse, system.query_log as JSONEachRow',
    dataset: 'clickhouse.query_log',
    ignore: [
      { when: { type: [1, 'QueryStart'] }, reason: 'query-start' },
      { when: { is_initial_query: [0, false] }, reason: 'part-of-a-query' },
    ],
    time: { field: ['event_time_microseconds', 'event_time'], unit: 'iso', zone: 'UTC' },
    action: '{sql(query)}',
    result: [
      { field: 'exception_code', success: [0], ...codes, else: 'error' },
      // Of versions that have no such column the text begins with it.
      {
        field: [
          { field: 'exception', extract: 'Code: {},*' },
          { field: 'exception', extract: 'Code: {}.*' },
        ],
        ...codes,
        else: 'error',
      },
      { is: 'error', when: { type: [3, 4, 'Exception*'] } },
    ],
    identities: { db_user: ['user', 'initial_user'] },
    proof: [{ is: 'verified', when: { user: { exists: true } } }],
    source_ip: [
      { field: 'address', extract: '::ffff:{}' },
      // Early versions write its bytes.
      { field: 'address', when: { address: { pattern: ['*.*.*.*', '*:*:*'] } } },
    ],
    client: ['http_user_agent', 'client_name'],
    bytes: 'result_bytes',
    rows: [{ field: 'written_rows', when: { written_rows: { not: [0] } } }, 'result_rows'],
    statement: 'query',
    service: ['current_database', 'client_hostname'],
    session: 'query_id',
  },
  {
    proof: '`user` of a query, which only an authenticated session sends',
    about: {
      switchOn:
        '`log_queries = 1`, the server in UTC; `SELECT * FROM system.query_log … FORMAT JSONEachRow` of what is new, into a file',
      cannotTell: 'failed logins; every table of a join; times of a server that is not in UTC',
      evidence: 'recorded: ClickHouse 18.16; columns of later versions documented: ClickHouse, system.query_log',
    },
    knownBy: {
      query_id: { exists: true },
      query: { exists: true },
      query_start_time: { exists: true },
      initial_query_id: { exists: true },
    },
  },
);
