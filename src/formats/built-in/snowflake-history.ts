import { described } from './described.ts';

/** Snowflake's QUERY_HISTORY and LOGIN_HISTORY (ACCOUNT_USAGE), row by row as JSON with the names of the columns. */
export const snowflakeHistory = described(
  {
    id: 'snowflake-history',
    title: 'Snowflake, QUERY_HISTORY and LOGIN_HISTORY as JSON',
    dataset: 'snowflake.history',
    time: { field: ['END_TIME', 'EVENT_TIMESTAMP', 'START_TIME'], unit: 'iso', zone: 'UTC' },
    identities: { db_user: 'USER_NAME' },
    proof: 'verified',
    cases: [
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
        'an export of what is new in `SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY` and `LOGIN_HISTORY`, as JSON with the time in UTC',
      cannotTell: 'the address of a query, other than by its login; 45 minutes and more are late',
      evidence: 'documented: Snowflake, Account Usage views, 2026',
    },
    knownBy: [
      { QUERY_ID: { exists: true }, QUERY_TEXT: { exists: true }, USER_NAME: { exists: true } },
      { EVENT_ID: { exists: true }, EVENT_TYPE: { exists: true }, IS_SUCCESS: { exists: true } },
    ],
  },
);
