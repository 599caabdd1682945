import { described } from './described.ts';

/**
 * Google Cloud audit logs: LogEntry with a protoPayload of type AuditLog, as sinks and `gcloud logging read` give them. `status.code` is
 * absent, or the whole status empty, where a call succeeded (google.rpc.Code).
 */
export const gcpAudit = described(
  {
    id: 'gcp-audit',
    title: 'Google Cloud audit log',
    dataset: 'gcp.audit',
    time: { field: 'timestamp', unit: 'iso' },
    action: ['{label(protoPayload.serviceName)}:{protoPayload.methodName}', '{protoPayload.methodName}'],
    result: [{ field: 'protoPayload.status.code', success: [0], denied: [7], rejected: [16], else: 'error' }],
    identities: {
      gcp_principal_email: 'protoPayload.authenticationInfo.principalEmail',
      credential_id: { field: 'protoPayload.authenticationInfo.serviceAccountKeyName', extract: '*/keys/{}' },
    },
    proof: 'verified',
    source_ip: 'protoPayload.requestMetadata.callerIp',
    client: 'protoPayload.requestMetadata.callerSuppliedUserAgent',
    service: 'resource.labels.project_id',
    trace_id: 'trace',
    cases: [
      {
        // Cloud SQL for PostgreSQL and AlloyDB: pgaudit's own fields. A long statement comes in several chunks.
        when: { 'protoPayload.request."@type"': { pattern: '*PgAuditEntry' } },
        ignore: [
          { when: { 'protoPayload.request.chunkIndex': { exists: true, not: [0, 1] } }, reason: 'further-chunk' },
        ],
        action: ['{protoPayload.request.command} {protoPayload.request.object}', '{protoPayload.request.command}'],
        identities: { db_user: 'protoPayload.request.user' },
        statement: 'protoPayload.request.statement',
        service: 'protoPayload.request.database',
        session: 'protoPayload.request.databaseSessionId',
      },
    ],
  },
  {
    proof: 'Google checks who calls before it writes `principalEmail`; status 16 is rejected',
    about: {
      switchOn: 'Data Access audit logs for the services that agents use; a sink to files or Pub/Sub',
      cannotTell: 'bytes and rows; in an impersonation, the first account in the chain',
      evidence: 'documented: Google Cloud, AuditLog and LogEntry',
    },
    knownBy: { 'protoPayload.methodName': { exists: true }, timestamp: { exists: true } },
  },
);
