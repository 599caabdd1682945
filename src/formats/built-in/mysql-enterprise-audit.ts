import { described } from './described.ts';

/**
 * MySQL Enterprise Audit in JSON, and Percona Server's component `audit_log_filter`: arrays of events of a class. The statement's own event is
 * counted; events of its tables and of what it said stand beside it.
 */
export const mysqlEnterpriseAudit = described(
  {
    id: 'mysql-enterprise-audit',
    title: 'MySQL Enterprise and Percona audit_log_filter, JSON',
    dataset: 'mysql.audit',
    ignore: [
      { when: { class: ['table_access', 'message'] }, reason: 'object-line' },
      { when: { class: 'general', event: { not: 'status' } }, reason: 'statement-line' },
      { when: { class: 'connection', event: ['disconnect', 'pre_authenticate'] }, reason: 'connection-line' },
      { when: { class: 'connection', 'connection_data.status': [0] }, reason: 'connection-line' },
      { when: { class: { not: ['general', 'connection'] } }, reason: 'server-line' },
      {
        when: { 'general_data.command': ['Prepare', 'Close stmt', 'Reset stmt'], 'general_data.status': [0] },
        reason: 'statement-line',
      },
      {
        when: { class: 'general', 'general_data.command': { exists: true, not: ['Query', 'Execute', 'Prepare'] } },
        reason: 'server-line',
      },
    ],
    time: { field: 'timestamp', unit: 'iso', zone: 'UTC' },
    action: ['{sql(general_data.query, mysql)}', '{general_data.sql_command}', '{general_data.command}'],
    result: [
      {
        field: 'general_data.status',
        success: [0],
        denied: [1044, 1142, 1143, 1227, 1370, 1410, 1698],
        else: 'error',
      },
    ],
    identities: { db_user: ['account.user', 'login.user'] },
    proof: 'verified',
    source_ip: ['login.ip', 'account.host'],
    statement: 'general_data.query',
    session: 'connection_id',
    cases: [
      {
        when: { class: 'connection' },
        action: "{'LOGIN'}",
        result: [{ is: 'rejected' }],
        service: 'connection_data.db',
      },
    ],
  },
  {
    proof: 'a statement, which only an authenticated session can send; a connect that failed is rejected',
    about: {
      switchOn: '`audit_log_format = JSON` and a filter with the classes `connection` and `general`',
      cannotTell: 'rows and bytes; the database of a table that the statement does not name',
      evidence: 'documented: MySQL 8.4 and Percona Server 8.4, audit log file formats, 2026',
    },
    knownBy: {
      class: { pattern: '*' },
      event: { exists: true },
      connection_id: { exists: true },
      timestamp: { exists: true },
    },
  },
);
