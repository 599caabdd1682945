import { described } from './described.ts';

/** Snowflake's QUERY_HISTORY, LOGIN_HISTORY and ACCESS_HISTORY (ACCOUNT_USAGE), row by row as JSON with the names of the columns. */
export const snowflakeHistory = described(
  {
    id: 'snowflake-history',
    title: 'Snowflake, QUERY_HISTORY, LOGIN_HISTORY and ACCESS_HISTORY as JSON',
    dataset: 'snowflake.history',
    time: { field: ['END_TIME', 'EVENT_TIMESTAMP', 'START_TIME', 'QUERY_START_TIME'], unit: 'iso', zone: 'UTC' },
    identities: { db_user: 'USER_NAME' },
    proof: 'verified',
    cases: [
      // Of the tables behind views; the query itself is in QUERY_HISTORY.
      {
        when: { BASE_OBJECTS_ACCESSED: { exists: true } },
        action: ["{'write'} {OBJECTS_MODIFIED.0.objectName}", "{'read'} {BASE_OBJECTS_ACCESSED.0.objectName}"],
        trace_id: 'QUERY_ID',
      },
      {
        when: { DIRECT_OBJECTS_ACCESSED: { exists: true } },
        action: "{'read'} {DIRECT_OBJECTS_ACCESSED.0.objectName}",
        trace_id: 'QUERY_ID',
      },
      {
        when: { EVENT_TYPE: { exists: true } },
        action: "{'LOGIN'}",
        result: [{ field: 'IS_SUCCESS', success: ['YES', 'true'], else: 'rejected' }, { is: 'rejected' }],
        source_ip: 'CLIENT_IP',
        client: 'REPORTED_CLIENT_TYPE',
      },
      {
        when: { QUERY_TEXT: { exists: true } },
        action: '{sql(QUERY_TEXT)}',
        result: [
          // SQL access control error.
          { field: 'ERROR_CODE', denied: ['3001', '003001'] },
          { field: 'EXECUTION_STATUS', success: ['SUCCESS'], else: 'error' },
        ],
        statement: 'QUERY_TEXT',
        rows: 'ROWS_PRODUCED',
        bytes: 'BYTES_WRITTEN_TO_RESULT',
        service: 'DATABASE_NAME',
        session: 'SESSION_ID',
      },
    ],
  },
  {
    proof: 'a query, or a login that succeeded; one that failed is rejected',
    about: {
      switchOn:
        'an export of what is new in `SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY`, `LOGIN_HISTORY` and `ACCESS_HISTORY`, as JSON with the time in UTC',
      cannotTell:
        'the address of a query, other than by its login; further tables of ACCESS_HISTORY than the first; 45 minutes and more are late',
      evidence: 'documented: Snowflake, Account Usage views, 2026',
    },
    knownBy: [
      { QUERY_ID: { exists: true }, QUERY_TEXT: { exists: true }, USER_NAME: { exists: true } },
      { QUERY_ID: { exists: true }, QUERY_START_TIME: { exists: true }, DIRECT_OBJECTS_ACCESSED: { exists: true } },
      { QUERY_ID: { exists: true }, QUERY_START_TIME: { exists: true }, BASE_OBJECTS_ACCESSED: { exists: true } },
      { EVENT_ID: { exists: true }, EVENT_TYPE: { exists: true }, IS_SUCCESS: { exists: true } },
    ],
  },
);
