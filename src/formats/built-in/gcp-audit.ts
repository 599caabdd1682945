import { described } from './described.ts';

const WHO = 'protoPayload.authenticationInfo';
/** BigQuery's own account of a job. */
const JOB = 'protoPayload.metadata';

/**
 * Google Cloud audit logs: LogEntry with a protoPayload of type AuditLog, as sinks and `gcloud logging read` give them. `status.code` is
 * absent, or the whole status empty, where a call succeeded (google.rpc.Code).
 */
export const gcpAudit = described(
  {
    id: 'gcp-audit',
    title: 'Google Cloud audit log',
    dataset: 'gcp.audit',
    fields: { model: { field: 'protoPayload.resourceName', extract: '*/models/{}' } },
    time: { field: 'timestamp', unit: 'iso' },
    ignore: [
      { when: { [`${JOB}.jobInsertion.job.jobStatus.jobState`]: ['RUNNING', 'PENDING'] }, reason: 'before-its-end' },
    ],
    action: ['{label(protoPayload.serviceName)}:{protoPayload.methodName}', '{protoPayload.methodName}'],
    result: [
      { field: 'protoPayload.status.code', success: [0], denied: [7], rejected: [16], else: 'error' },
      // Google Workspace names whom somebody tried to be.
      { field: 'protoPayload.methodName', rejected: ['google.login.*ailure', 'google.login.*loginChallenge'] },
    ],
    identities: {
      // Kubernetes writes a name for nobody, too.
      gcp_principal_email: {
        field: `${WHO}.principalEmail`,
        when: { [`${WHO}.principalEmail`]: { not: ['system:anonymous', 'system:unauthenticated'] } },
      },
      client_id: { field: `${WHO}.principalSubject`, when: { [`${WHO}.principalEmail`]: { exists: false } } },
      credential_id: { field: 'protoPayload.authenticationInfo.serviceAccountKeyName', extract: '*/keys/{}' },
    },
    proof: 'verified',
    source_ip: 'protoPayload.requestMetadata.callerIp',
    client: 'protoPayload.requestMetadata.callerSuppliedUserAgent',
    service: 'resource.labels.project_id',
    trace_id: 'trace',
    cases: [
      ...['jobChange', 'jobInsertion'].map((change) => ({
        when: { [`${JOB}.${change}.job.jobConfig.queryConfig.query`]: { exists: true } },
        action: `{sql(${JOB}.${change}.job.jobConfig.queryConfig.query, mysql)}`,
        statement: `${JOB}.${change}.job.jobConfig.queryConfig.query`,
        rows: `${JOB}.${change}.job.jobStats.queryStats.outputRowCount`,
      })),
      // Also what is read by way of a view.
      {
        when: { [`${JOB}.tableDataRead`]: { exists: true } },
        action: "{'bigquery:tableDataRead'} {protoPayload.resourceName}",
      },
      {
        when: { 'protoPayload.serviceName': 'aiplatform.googleapis.com', 'protoPayload.resourceName': '*/models/*' },
        action: '{label(protoPayload.serviceName)}:{protoPayload.methodName} {model}',
      },
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
