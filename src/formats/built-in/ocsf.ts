import { NOT_ALLOWED, NOT_AUTHENTICATED } from './aws-cloudtrail.ts';
import { described } from './described.ts';

/** API Activity and Datastore Activity. */
const CLASSES = [6003, 6005];

/** OCSF 1.x, API Activity and Datastore Activity, as Security Lake and others give them, out of Parquet as JSON. */
export const ocsf = described(
  {
    id: 'ocsf',
    title: 'OCSF, API Activity and Datastore Activity',
    dataset: 'ocsf.api_activity',
    ignore: [{ when: { class_uid: { not: CLASSES } }, reason: 'other-class' }],
    time: [
      { field: 'time', unit: 'ms' },
      { field: ['time_dt', 'time'], unit: 'iso' },
    ],
    action: [
      '{label(api.service.name)}:{api.operation}',
      '{api.operation}',
      '{activity_name} {database.name}(.{table.name})?',
      '{activity_name}',
    ],
    result: [
      { field: ['api.response.error', 'status_code'], rejected: NOT_AUTHENTICATED, denied: NOT_ALLOWED },
      { field: 'api.response.code', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
      { field: 'status_id', success: [1], error: [2] },
    ],
    identities: {
      aws_access_key_id: {
        field: ['actor.user.credential_uid', 'actor.session.credential_uid'],
        when: { 'metadata.product.name': 'CloudTrail' },
      },
      aws_principal_arn: {
        field: ['actor.session.issuer', 'actor.user.uid'],
        when: { 'metadata.product.name': 'CloudTrail' },
      },
      credential_id: {
        field: ['actor.user.credential_uid', 'actor.session.credential_uid'],
        when: { 'metadata.product.name': { not: 'CloudTrail' } },
      },
      client_id: {
        field: ['actor.user.uid', 'actor.user.name', 'actor.app_uid'],
        when: { 'metadata.product.name': { not: 'CloudTrail' } },
      },
    },
    proof: [{ is: 'verified', when: { 'metadata.product.name': 'CloudTrail' } }, { is: 'declared' }],
    source_ip: 'src_endpoint.ip',
    client: 'http_request.user_agent',
    statement: 'query_info.query_string',
    rows: 'query_info.rows_affected',
    service: ['api.service.name', 'database.name'],
    trace_id: ['metadata.correlation_uid', 'api.request.uid'],
    session: 'actor.session.uid',
  },
  {
    proof: 'of CloudTrail as in `aws-cloudtrail`; of other products nothing says so, and names are declared',
    about: {
      switchOn: 'Security Lake, or whatever writes OCSF 1.x; JSON, a line for each event',
      cannotTell: 'whether the product that wrote it had checked the name',
      evidence: 'documented: OCSF 1.5, api_activity and datastore_activity',
    },
    knownBy: { class_uid: { exists: true }, time: { exists: true }, 'metadata.version': { exists: true } },
  },
);
