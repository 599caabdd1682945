import { described } from './described.ts';

/** Percona Server 5.7 and 8.0, audit log in JSON as `audit_record` objects. */
export const mysqlAudit = described(
  {
    id: 'mysql-audit',
    title: 'Percona Server audit log, JSON',
    dataset: 'mysql.audit',
    ignore: [
      { when: { 'audit_record.name': ['Quit', 'Audit', 'NoAudit', 'Ping', 'Init DB'] }, reason: 'server-line' },
      { when: { 'audit_record.name': 'Connect', 'audit_record.status': [0] }, reason: 'connection-line' },
      // Its Execute has a line of its own.
      {
        when: { 'audit_record.name': ['Prepare', 'Close stmt', 'Reset stmt'], 'audit_record.status': [0] },
        reason: 'statement-line',
      },
    ],
    time: { field: 'audit_record.timestamp', unit: 'iso' },
    action: '{sql(audit_record.sqltext, mysql)}',
    result: [{ field: 'audit_record.status', success: [0], denied: [1044, 1142, 1143, 1227, 1370], else: 'error' }],
    identities: {
      db_user: ['audit_record.priv_user', { field: 'audit_record.user', extract: '{}[*' }, 'audit_record.user'],
    },
    proof: 'verified',
    source_ip: ['audit_record.ip', 'audit_record.host'],
    statement: 'audit_record.sqltext',
    service: 'audit_record.db',
    session: 'audit_record.connection_id',
    cases: [
      {
        when: { 'audit_record.name': ['Connect', 'Change user'] },
        action: "{'LOGIN'}",
        result: [{ field: 'audit_record.status', success: [0], else: 'rejected' }],
      },
    ],
  },
  {
    proof: 'a statement, which only an authenticated session can send; a Connect that failed is rejected',
    about: {
      switchOn: '`audit_log_format = JSON` and `audit_log_policy = ALL`',
      cannotTell: 'rows and bytes; the table of a statement that names several',
      evidence: 'documented: Percona Server 8.0, audit log plugin',
    },
    knownBy: { 'audit_record.name': { exists: true }, 'audit_record.timestamp': { exists: true } },
  },
);
