import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/registry.ts';
import { readAs, redactor, sample } from './records.ts';

/** Records as their vendors document them, beside those that recorded logs hold: `action result proof identities… | address | leaks`. */
type Case = readonly [what: string, record: object | string, told: string];

const tell = (id: string, record: object | string): string => {
  const parsed = readAs(id, record);
  if (!isEvent(parsed)) return JSON.stringify(parsed);
  const { action, result, proof, identities, sourceIp, spent, leaks } = parsed;
  const named = identities.map(({ key, value }) => `${key}=${value}`);
  const used = spent === undefined ? [] : [`${spent.inputTokens}+${spent.outputTokens} tokens`];
  const where = sourceIp === undefined ? [] : [`from ${sourceIp}`];
  return [action, result, proof.state, ...named, ...where, ...used, ...leaks.map(({ field }) => `leak ${field}`)].join(
    ' | ',
  );
};

const check = (id: string, cases: readonly Case[]): void => {
  describe(id, () => {
    it.each(cases)('%s', (_what, record, told) => {
      expect(tell(id, record)).toBe(told);
      const line = typeof record === 'string' ? record : JSON.stringify(record);
      expect(detectFormat([line], formats)?.id).toBe(id);
    });
  });
};

const HASH = '5a721edb7feb76340a9614f8a9bc6ff9871aaf5d2094bab3184f51888dd039f7';

const aws = (userIdentity: object, more: object = {}): object => ({
  ...{
    eventVersion: '1.11',
    eventTime: '2026-11-02T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
  },
  ...{ awsRegion: 'us-east-1', sourceIPAddress: '198.51.100.7', userAgent: 'x', eventID: '1', userIdentity, ...more },
});
const alice = { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
const ALICE = 'aws_access_key_id=AKIAIOSFODNN7EXAMPLE | aws_principal_arn=arn:aws:iam::111122223333:user/alice';
check('aws-cloudtrail', [
  [
    'nobody, of a public bucket',
    aws({ type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' }),
    's3:GetObject | success | verified | from 198.51.100.7',
  ],
  [
    "a bearer token of IAM Identity Center's",
    aws({ type: 'IdentityCenterUser', onBehalfOf: { userId: '544894e8-80c1' }, credentialId: '90e292de-5eb8' }),
    's3:GetObject | success | verified | credential_id=90e292de-5eb8 | client_id=544894e8-80c1 | from 198.51.100.7',
  ],
  [
    'whoever gets a role for a token',
    aws({ type: 'WebIdentityUser', userName: 'system:serviceaccount:default:agent' }, { eventName: 'AssumeRole' }),
    's3:AssumeRole | success | verified | jwt_sub=system:serviceaccount:default:agent | from 198.51.100.7',
  ],
  [
    'a service that is not allowed by a word of its own',
    aws(alice, { eventSource: 'sns.amazonaws.com', eventName: 'Publish', errorCode: 'AuthorizationError' }),
    `sns:Publish | denied | verified | ${ALICE} | from 198.51.100.7`,
  ],
  [
    'a policy of an endpoint',
    aws(alice, { errorCode: 'VpceAccessDenied', eventCategory: 'NetworkActivity' }),
    `s3:GetObject | denied | verified | ${ALICE} | from 198.51.100.7`,
  ],
  [
    'a service of AWS, by its name instead of an address',
    aws({ type: 'AWSService', invokedBy: 'ec2.amazonaws.com' }, { sourceIPAddress: 'ec2.amazonaws.com' }),
    's3:GetObject | success | verified | from ec2.amazonaws.com',
  ],
  [
    'hashes of its files',
    { digestEndTime: '2026-11-02T10:00:00Z', digestS3Object: 'o', logFiles: [] },
    '{"ignored":"digest"}',
  ],
]);

const invoked = (more: object): object => ({
  ...{ schemaType: 'ModelInvocationLog', schemaVersion: '1.0', timestamp: '2026-11-02T10:00:00Z', region: 'us-east-1' },
  ...{ operation: 'Converse', modelId: 'anthropic.claude-3-sonnet-20240229-v1:0', ...more },
});
check('bedrock-invocations', [
  [
    'a session of a role',
    invoked({
      identity: { arn: 'arn:aws:sts::111122223333:assumed-role/agents/run-7' },
      input: { inputTokenCount: 31, inputBodyJson: { messages: [] } },
      output: { outputTokenCount: 402 },
    }),
    'Converse anthropic.claude-3-sonnet-20240229-v1:0 | success | verified | credential_id=agents | aws_principal_arn=arn:aws:sts::111122223333:assumed-role/agents/run-7 | 31+402 tokens',
  ],
  [
    'what was not allowed',
    invoked({ identity: { arn: alice.arn }, errorCode: 'AccessDeniedException' }),
    'Converse anthropic.claude-3-sonnet-20240229-v1:0 | denied | verified | aws_principal_arn=arn:aws:iam::111122223333:user/alice',
  ],
]);

const kube = (user: object, more: object = {}): object => ({
  ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: '1', stage: 'ResponseComplete', verb: 'list', user },
  ...{ requestURI: '/api/v1/secrets', objectRef: { resource: 'secrets', namespace: 'shop' }, sourceIPs: ['10.0.0.1'] },
  ...{ responseStatus: { code: 200 }, requestReceivedTimestamp: '2026-11-02T10:00:00.000000Z', ...more },
});
check('kubernetes-audit', [
  [
    'EKS: a signature of AWS',
    kube({
      username: 'kubernetes-admin',
      extra: { accessKeyId: ['AKIAIOSFODNN7EXAMPLE'], arn: [alice.arn], canonicalArn: [alice.arn], sessionName: [''] },
    }),
    `list shop/secrets | success | verified | client_id=kubernetes-admin | ${ALICE} | from 10.0.0.1`,
  ],
  [
    'a certificate, since version 1.32',
    kube({ username: 'alice', extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${HASH}`] } }),
    `list shop/secrets | success | verified | credential_id=${HASH} | client_id=alice | from 10.0.0.1`,
  ],
  [
    'nobody',
    kube({ username: 'system:anonymous', groups: ['system:unauthenticated'] }, { responseStatus: { code: 403 } }),
    'list shop/secrets | denied | unproven | from 10.0.0.1',
  ],
]);

const kong = (more: object): object => ({
  ...{ request: { method: 'POST', uri: '/ai', headers: { 'user-agent': 'x' } }, response: { status: 200, size: 9 } },
  ...{ latencies: { request: 5 }, client_ip: '10.0.0.9', started_at: 1_793_613_600_000, ...more },
});
const consumer = { id: 'c-1', username: 'billing' };
check('kong', [
  [
    'a model',
    kong({
      consumer,
      ai: {
        proxy: { meta: { request_model: 'gpt-4' }, usage: { prompt_tokens: 89, completion_tokens: 56, cost: 0.1 } },
      },
    }),
    'chat gpt-4 | success | verified | credential_id=billing | from 10.0.0.9 | 89+56 tokens',
  ],
  [
    'a model, before version 3.8',
    kong({
      consumer,
      ai: { 'ai-proxy': { meta: { request_model: 'gpt-4' }, usage: { prompt_token: 89, completion_token: 56 } } },
    }),
    'chat gpt-4 | success | verified | credential_id=billing | from 10.0.0.9 | 89+56 tokens',
  ],
  [
    'a tool of MCP',
    kong({ consumer, ai: { mcp: { rpc: [{ id: '2', method: 'tools/call', tool_name: 'list-orders' }] } } }),
    'tools/call list-orders | success | verified | credential_id=billing | from 10.0.0.9',
  ],
  ['a wrong key', kong({ response: { status: 401, size: 9 } }), 'POST /ai | rejected | rejected | from 10.0.0.9'],
]);

const llm = (more: object): object => ({
  ...{ id: 'x', call_type: 'acompletion', startTime: 1_793_613_600.5, model: 'gpt-4o', model_group: 'gpt-4o' },
  ...{ metadata: { user_api_key_hash: HASH, user_api_key_alias: 'billing-key', user_api_key_user_id: 'billing' } },
  ...{ status: 'failure', ...more },
});
const KEY = 'credential_id=billing-key | client_id=billing';
check('litellm', [
  [
    'a provider that does not take the key of LiteLLM',
    llm({ error_information: { error_code: '401', error_class: 'AuthenticationError', llm_provider: 'openai' } }),
    `acompletion gpt-4o | error | verified | ${KEY}`,
  ],
  [
    'a model that the key may not use',
    llm({ error_information: { error_code: '401', error_class: 'ProxyException', llm_provider: '' } }),
    `acompletion gpt-4o | denied | verified | ${KEY}`,
  ],
  [
    'a spent budget',
    llm({ error_information: { error_code: '429', error_class: 'BudgetExceededError', llm_provider: '' } }),
    `acompletion gpt-4o | error | verified | ${KEY}`,
  ],
  [
    'an unknown key',
    llm({
      metadata: { user_api_key_hash: HASH },
      error_information: { error_code: '401', error_class: 'ProxyException' },
    }),
    `acompletion gpt-4o | rejected | rejected | credential_id=${HASH}`,
  ],
  [
    'a tool of MCP',
    llm({
      ...{ call_type: 'call_mcp_tool', model: 'MCP: list_orders', status: 'success' },
      metadata: { user_api_key_alias: 'billing-key', mcp_tool_call_metadata: { name: 'list_orders' } },
    }),
    'call_mcp_tool list_orders | success | verified | credential_id=billing-key',
  ],
  [
    'a row of the spend log: its hash is no secret, and end_user is what the caller said',
    {
      ...{
        request_id: 'r',
        call_type: 'acompletion',
        api_key: HASH,
        spend: 0.0021,
        startTime: '2026-11-02T10:00:00.123Z',
      },
      ...{ prompt_tokens: 10, completion_tokens: 32, model: 'gpt-4o', user: 'billing', end_user: 'somebody-else' },
      metadata: { user_api_key: HASH, status: 'success' },
    },
    'acompletion gpt-4o | success | verified | client_id=billing | 10+32 tokens',
  ],
  [
    'a row of the spend log, of a provider that does not take the key of LiteLLM',
    {
      ...{ request_id: 'r', call_type: 'acompletion', api_key: HASH, spend: 0, startTime: '2026-11-02T10:00:00.123Z' },
      ...{ model: 'gpt-4o', user: 'billing' },
      metadata: {
        ...{ status: 'failure', user_api_key_alias: 'billing-key' },
        error_information: { error_code: '401', error_class: 'AuthenticationError', llm_provider: 'openai' },
      },
    },
    `acompletion gpt-4o | error | verified | ${KEY} | 0+0 tokens`,
  ],
  [
    'a row of the spend log with its metadata as text',
    {
      ...{ request_id: 'r', call_type: 'acompletion', api_key: HASH, spend: 0, startTime: '2026-11-02 10:00:00.123' },
      ...{ model: 'gpt-4o', user: '' },
      metadata: JSON.stringify({
        ...{ status: 'failure', user_api_key: HASH },
        error_information: { error_code: '401', error_class: 'ProxyException', llm_provider: '' },
      }),
    },
    'acompletion gpt-4o | rejected | rejected | 0+0 tokens',
  ],
]);

const gateway = (more: object): object => ({
  ...{ requestId: 'r', ip: '192.0.2.1', requestTime: '02/Nov/2026:10:00:00 +0000', httpMethod: 'GET' },
  ...{ resourcePath: '/orders/{id}', status: '200', protocol: 'HTTP/1.1', responseLength: '512', ...more },
});
check('aws-api-gateway', [
  [
    "the console's format: a signature of a role",
    gateway({ caller: 'AROAEXAMPLE:run-7', user: 'AROAEXAMPLE:run-7' }),
    'GET /orders/{id} | success | verified | client_id=AROAEXAMPLE | from 192.0.2.1',
  ],
  [
    "the console's format: a user who is not allowed",
    gateway({ caller: 'AIDAEXAMPLE', user: 'AIDAEXAMPLE', status: '403' }),
    'GET /orders/{id} | denied | verified | client_id=AIDAEXAMPLE | from 192.0.2.1',
  ],
  [
    'nobody, or a wrong key',
    gateway({ caller: '-', user: '-', status: '403' }),
    'GET /orders/{id} | rejected | rejected | from 192.0.2.1',
  ],
]);

const proxied = (more: object): object => ({
  ...{ start_time: '2026-11-02T10:00:00.310Z', authority: 'api.example.com', method: 'GET', path: '/v1/x/77' },
  ...{ bytes_sent: 38, downstream_remote_address: '10.244.0.9:55210', response_code: 200, response_flags: '-' },
  ...{ upstream_cluster: 'orders', ...more },
});
check('envoy', [
  ['a request', proxied({}), 'GET /v1/x/{id} | success | unproven | from 10.244.0.9'],
  [
    'an egress proxy, of which the destination counts',
    proxied({ upstream_cluster: 'dynamic_forward_proxy_cluster' }),
    'GET api.example.com | success | unproven | from 10.244.0.9',
  ],
  [
    'CONNECT, which has no path',
    proxied({ method: 'CONNECT', path: null, authority: 'api.example.com:443' }),
    'CONNECT api.example.com:443 | success | unproven | from 10.244.0.9',
  ],
  [
    'a connection out of the mesh',
    proxied({
      ...{ method: null, path: null, authority: null, response_code: 0, upstream_cluster: 'PassthroughCluster' },
      requested_server_name: 'api.github.com',
    }),
    'connect api.github.com | success | unproven | from 10.244.0.9',
  ],
  [
    'a connection that a policy ended',
    proxied({
      ...{ method: null, path: null, authority: null, response_code: 0, upstream_cluster: 'inbound|5432||' },
      connection_termination_details: 'rbac_access_denied_matched_policy[none]',
    }),
    'connect inbound|5432|| | denied | unproven | from 10.244.0.9',
  ],
  [
    'the names of Contour',
    { ...proxied({ '@timestamp': '2026-11-02T10:00:00.310Z', response_code: 403 }), start_time: undefined },
    'GET /v1/x/{id} | denied | unproven | from 10.244.0.9',
  ],
  [
    'the names of Envoy Gateway',
    { ...proxied({ 'x-envoy-origin-path': '/v1/x/77', ':authority': 'api' }), path: undefined, authority: undefined },
    'GET /v1/x/{id} | success | unproven | from 10.244.0.9',
  ],
]);

const istio = (request: string, rest: string, client = 'curl/7.88'): string =>
  `[2026-11-02T10:00:00.310Z] "${request}" ${rest} via_upstream - "-" 0 135 4 3 "-" "${client}" "cc21d9b0" "httpbin:8000" "10.244.0.5:8080"`;
const INBOUND = 'inbound|8080|| 127.0.0.6:44321 10.244.0.5:8080 10.244.0.9:55210 outbound_.8000_ default';
check('envoy-text', [
  [
    "Envoy's own",
    '[2026-11-02T10:00:00.310Z] "POST /api/v1/locations HTTP/2" 401 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c" "locations" "tcp://10.0.2.1:80"',
    'POST /api/v1/locations | rejected | rejected',
  ],
  [
    "Istio's",
    `${istio('GET /orders/77 HTTP/1.1', '200 -')} ${INBOUND}`,
    'GET /orders/{id} | success | unproven | from 10.244.0.9',
  ],
  [
    'an address that a client wrote is none',
    `${istio('GET /orders/77 HTTP/1.1', '200 -', 'a" "b" "c" "d" e f g 203.0.113.5:1 h i "')} ${INBOUND}`,
    'GET /orders/{id} | success | unproven',
  ],
  [
    'a connection out of the mesh',
    '[2026-11-02T10:00:00.310Z] "- - -" 0 - - - "-" 517 3800 40 - "-" "-" "-" "-" "142.250.1.1:443" PassthroughCluster 10.244.0.9:55216 142.250.1.1:443 10.244.0.9:55214 api.github.com -',
    'connect api.github.com | success | unproven | from 10.244.0.9',
  ],
  [
    'a connection that the mesh lets nowhere',
    '[2026-11-02T10:00:00.310Z] "- - -" 0 UH - - "-" 0 0 0 - "-" "-" "-" "-" "-" BlackHoleCluster - 203.0.113.7:443 10.244.0.9:55214 - -',
    'connect 203.0.113.7:443 | error | unproven | from 10.244.0.9',
  ],
]);

const google = (more: object, entry: object = {}): object => ({
  timestamp: '2026-11-02T10:00:00Z',
  protoPayload: {
    ...{ serviceName: 'storage.googleapis.com', methodName: 'storage.objects.get', status: {} },
    ...{ authenticationInfo: { principalEmail: 'agent@p.iam.gserviceaccount.com' }, ...more },
    requestMetadata: { callerIp: '198.51.100.1' },
  },
  ...entry,
});
const AGENT = 'gcp_principal_email=agent@p.iam.gserviceaccount.com | from 198.51.100.1';
const bigquery = {
  serviceName: 'bigquery.googleapis.com',
  methodName: 'google.cloud.bigquery.v2.JobService.InsertJob',
};
const job = (jobState: string): object => ({
  jobConfig: { type: 'QUERY', queryConfig: { query: "SELECT name FROM shop.customers WHERE name = 'Ann'" } },
  ...{ jobStatus: { jobState }, jobStats: { queryStats: { outputRowCount: '12' } } },
});
check('gcp-audit', [
  [
    'nobody, in a cluster',
    google({ authenticationInfo: { principalEmail: 'system:anonymous' }, status: { code: 7 } }),
    'storage:storage.objects.get | denied | verified | from 198.51.100.1',
  ],
  [
    'an identity of another provider',
    google({ authenticationInfo: { principalSubject: 'principal://iam.googleapis.com/projects/1/subject/repo' } }),
    'storage:storage.objects.get | success | verified | client_id=principal://iam.googleapis.com/projects/1/subject/repo | from 198.51.100.1',
  ],
  [
    'a failed login of Workspace',
    google({ methodName: 'google.login.LoginService.loginFailure', serviceName: 'login.googleapis.com' }),
    `login:google.login.LoginService.loginFailure | rejected | rejected | ${AGENT}`,
  ],
  [
    'a query of BigQuery that has ended',
    google({ ...bigquery, metadata: { jobChange: { after: 'DONE', job: job('DONE') } } }),
    `SELECT shop.customers | success | verified | ${AGENT}`,
  ],
  [
    'a query of BigQuery that begins',
    google({ ...bigquery, metadata: { jobInsertion: { job: job('RUNNING') } } }),
    '{"ignored":"before-its-end"}',
  ],
  [
    'a table that BigQuery read for a view',
    google({
      ...bigquery,
      resourceName: 'projects/p/datasets/shop/tables/t',
      metadata: { tableDataRead: { reason: 'JOB' } },
    }),
    `bigquery:tableDataRead projects/p/datasets/shop/tables/t | success | verified | ${AGENT}`,
  ],
  [
    'a model',
    google({
      ...{ serviceName: 'aiplatform.googleapis.com', methodName: 'PredictionService.GenerateContent' },
      resourceName: 'projects/p/locations/us/publishers/google/models/gemini-1.5-pro',
    }),
    `aiplatform:PredictionService.GenerateContent gemini-1.5-pro | success | verified | ${AGENT}`,
  ],
]);

const github = (more: object): object => ({
  ...{ '@timestamp': 1_793_613_600_000, _document_id: 'a', actor: 'octo-bot', org: 'acme', repo: 'acme/app', ...more },
  actor_ip: '192.0.2.4',
});
check('github-audit', [
  [
    'a clone with a token, of which only the hash is there',
    github({ action: 'git.clone', token_id: 12_345, hashed_token: 'kZ3Tq0l2mYq5bVh3Yx6o0Jx9q5mZ6bHk8w3nqXo9JtE=' }),
    'git.clone acme/app | success | verified | credential_id=12345 | jwt_sub=octo-bot | from 192.0.2.4',
  ],
  [
    'a failed login',
    github({ action: 'user.failed_login', repo: undefined }),
    'user.failed_login | rejected | rejected | jwt_sub=octo-bot | from 192.0.2.4',
  ],
]);

const okta = (eventType: string, result: string, reason?: string): object => ({
  ...{ published: '2026-11-02T10:00:00.000Z', eventType, actor: { id: '0oa1', type: 'PublicClientApp' } },
  ...{ client: { ipAddress: '192.0.2.5' }, outcome: { result, reason } },
});
check('okta-system-log', [
  [
    'a wrong secret',
    okta('app.oauth2.as.token.grant', 'FAILURE', 'invalid_client'),
    'app.oauth2.as.token.grant | rejected | rejected | client_id=0oa1 | from 192.0.2.5',
  ],
  [
    'a client that is known and not allowed',
    okta('app.oauth2.as.token.grant', 'FAILURE', 'access_denied'),
    'app.oauth2.as.token.grant | denied | verified | client_id=0oa1 | from 192.0.2.5',
  ],
  [
    'administration that failed',
    okta('group.user_membership.add', 'FAILURE', 'Conflict'),
    'group.user_membership.add | error | verified | client_id=0oa1 | from 192.0.2.5',
  ],
  [
    'a question that was not answered yet',
    okta('user.authentication.auth_via_mfa', 'CHALLENGE'),
    'user.authentication.auth_via_mfa | success | unproven | client_id=0oa1 | from 192.0.2.5',
  ],
]);

const mysql = (name: string, status: number): object => ({
  audit_record: {
    ...{ name, status, timestamp: '2026-11-02T10:00:00Z', sqltext: 'DELETE FROM shop.payroll WHERE id = ?' },
    ...{ user: 'billing[billing] @ [10.1.0.5]', ip: '10.1.0.5' },
  },
});
check('mysql-audit', [
  ['a statement is counted once', mysql('Prepare', 0), '{"ignored":"statement-line"}'],
  [
    'a statement that was refused before it ran',
    mysql('Prepare', 1142),
    'DELETE shop.payroll | denied | verified | db_user=billing | from 10.1.0.5',
  ],
]);

const mongo = (atype: string, result: number): object => ({
  ...{ atype, ts: { $date: { $numberLong: '1793613602000' } }, remote: { unix: '/tmp/mongodb-27017.sock' }, result },
  ...{ users: [{ user: 'billing', db: 'admin' }], param: { command: 'find', ns: 'shop.orders' } },
});
check('mongodb-audit', [
  ['what a driver says of itself', mongo('clientMetadata', 0), '{"ignored":"connection-line"}'],
  ['a denied command over a socket', mongo('authCheck', 13), 'find shop.orders | denied | verified | db_user=billing'],
]);

const kafka = (asked: string, rest: string): string =>
  `[2026-11-02 10:00:00,123] DEBUG Principal = User:agent is ${asked} from host = 192.0.2.10 on resource = ${rest} (kafka.authorizer.logger)`;
const FETCH = 'for request = Fetch with resourceRefCount = 1';
check('kafka-authorizer', [
  [
    'with rules in ZooKeeper',
    kafka('Denied Operation = Describe', `Topic:LITERAL:payments ${FETCH}`),
    'Describe Topic:payments | denied | verified | client_id=agent | from 192.0.2.10',
  ],
  [
    'before version 3',
    kafka('Allowed Operation = Read', 'Topic:LITERAL:orders'),
    'Read Topic:orders | success | verified | client_id=agent | from 192.0.2.10',
  ],
  [
    'a prefix',
    kafka('Allowed operation = DESCRIBE', `GROUP:PREFIXED:reports- ${FETCH}`),
    'DESCRIBE GROUP:reports- | success | verified | client_id=agent | from 192.0.2.10',
  ],
]);

describe('vpc-flow-fields', () => {
  const format = formats.find(({ id }) => id === 'vpc-flow-fields');
  const line = '10.0.0.5 203.0.113.5 443 1793613660 eni-1 ACCEPT';
  const read = (lines: readonly string[], saved?: unknown) => {
    const parser = format?.parser({ redactor });
    if (saved !== undefined) parser?.load?.(saved);
    const results = lines.map((text) => parser?.parse(Buffer.from(text), 0, text.length));
    return { results, saved: parser?.save?.() };
  };

  it('reads lines by the header before them, also after a restart between', () => {
    const { results, saved } = read(['srcaddr dstaddr dstport end interface-id action', line]);
    expect(results[1]).toMatchObject({ action: 'connect 203.0.113.5:443', identities: [{ value: 'eni-1' }] });
    expect(read([line], JSON.parse(JSON.stringify(saved))).results[0]).toEqual(results[1]);
  });

  it('reads no line whose fields nothing names', () => {
    expect(read([line]).results[0]).toMatchObject({ unusable: 'missing-field' });
    expect(read(['srcaddr dstaddr end', line]).results[1]).toMatchObject({ unusable: 'missing-field' });
  });
});

const accessed = (more: object): object => ({
  ...{ QUERY_ID: 'q1', QUERY_START_TIME: '2026-11-02 10:00:00.000', USER_NAME: 'AGENT' },
  DIRECT_OBJECTS_ACCESSED: [{ objectDomain: 'View', objectName: 'DB.PUBLIC.REPORT' }],
  BASE_OBJECTS_ACCESSED: [{ objectDomain: 'Table', objectName: 'DB.PUBLIC.CUSTOMERS', columns: [] }],
  OBJECTS_MODIFIED: [],
  ...more,
});
check('snowflake-history', [
  ['a table behind a view', accessed({}), 'read DB.PUBLIC.CUSTOMERS | success | verified | db_user=AGENT'],
  [
    'what was written',
    accessed({ OBJECTS_MODIFIED: [{ objectDomain: 'Stage', objectName: 'DB.PUBLIC.OUT' }] }),
    'write DB.PUBLIC.OUT | success | verified | db_user=AGENT',
  ],
]);

check('apisix', [
  [
    'a model',
    {
      ...{ client_ip: '10.1.0.5', start_time: 1_793_613_600_000, consumer: { username: 'billing' } },
      ...{ request: { method: 'POST', uri: '/chat', headers: {} }, response: { status: 200, size: 9 } },
      llm_summary: { model: 'gpt-4', prompt_tokens: 23, completion_tokens: 8 },
    },
    'chat gpt-4 | success | verified | credential_id=billing | from 10.1.0.5 | 23+8 tokens',
  ],
]);

describe('auditd-lines', () => {
  const lines = (): string[] => sample('auditd-lines.log').toString().trimEnd().split('\n');
  const format = formats.find(({ id }) => id === 'auditd-lines');
  const read = (some: readonly string[], saved?: unknown) => {
    const parser = format?.parser({ redactor });
    if (saved !== undefined) parser?.load?.(saved);
    const events = some.flatMap((line) => {
      const bytes = Buffer.from(line);
      const parsed = parser?.parse(bytes, 0, bytes.length);
      return parsed !== undefined && isEvent(parsed) ? [parsed] : [];
    });
    return { told: events.map(({ action, result }) => `${action} ${result}`), saved: parser?.save?.() };
  };
  const ALL = ['file:/srv/reports/may.csv success', 'file:/etc/shadow copy denied', 'exec:/usr/bin/curl success'];

  it('makes one use of the lines of a call, also where those of two are mixed', () => {
    expect(read(lines()).told).toEqual(ALL);
  });

  it('goes on exactly after a restart within a call', () => {
    for (let at = 0; at < lines().length; at++) {
      const before = read(lines().slice(0, at));
      const saved: unknown = before.saved === undefined ? undefined : JSON.parse(JSON.stringify(before.saved));
      expect([...before.told, ...read(lines().slice(at), saved).told]).toEqual(ALL);
    }
  });

  it('remembers only so many calls that never end', () => {
    const open = (serial: number): string => (lines()[1] ?? '').replace('348501', String(serial));
    const { saved } = read(Array.from({ length: 1_000 }, (_, serial) => open(serial)));
    expect(saved).toHaveLength(64);
  });

  it('takes no field that stands behind one of the same name', () => {
    const forged = lines().map((line) => line.replace('comm="python3"', 'comm="python3" uid=0 success=no'));
    expect(read(forged).told).toEqual(ALL);
  });
});
