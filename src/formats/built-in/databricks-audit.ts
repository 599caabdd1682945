import { described } from './described.ts';

/** Databricks' audit logs, as they are delivered to storage, and rows of `system.access.audit`. */
export const databricksAudit = described(
  {
    id: 'databricks-audit',
    title: 'Databricks audit logs',
    dataset: 'databricks.audit',
    time: [
      { field: 'timestamp', unit: 'ms' },
      { field: ['event_time', 'timestamp'], unit: 'iso', zone: 'UTC' },
    ],
    action: ['{serviceName}:{actionName}', '{service_name}:{action_name}'],
    result: [
      { field: ['response.statusCode', 'response.status_code'], rejected: [401], denied: [403], error: ['4xx', '5xx'] },
    ],
    // Of a service principal its application id stands there.
    identities: { client_id: ['userIdentity.email', 'user_identity.email'] },
    proof: [
      { is: 'verified', when: { 'userIdentity.email': { exists: true } } },
      { is: 'verified', when: { 'user_identity.email': { exists: true } } },
    ],
    source_ip: ['sourceIPAddress', 'source_ip_address'],
    client: ['userAgent', 'user_agent'],
    service: ['workspaceId', 'workspace_id'],
    trace_id: ['requestId', 'request_id'],
    session: ['sessionId', 'session_id'],
  },
  {
    proof: '`userIdentity.email` of an answer other than 401',
    about: {
      switchOn: 'delivery of audit logs, with verbose logs for statements; or `system.access.audit` as JSON',
      cannotTell: 'which token was used; rows and bytes',
      evidence: 'documented: Databricks, audit log schema 2.0 and system tables, 2026',
    },
    knownBy: [
      { serviceName: { exists: true }, actionName: { exists: true }, 'userIdentity.email': { pattern: '*' } },
      { service_name: { exists: true }, action_name: { exists: true }, event_time: { exists: true } },
    ],
  },
);
