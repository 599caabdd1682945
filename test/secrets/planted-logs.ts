// Put together here so that no scanner takes the test for a leak.
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiJwbGFudGVkIn0', 'cGxhbnRlZC1zaWduYXR1cmUtb2YtYS10ZXN0'].join('.');
const VAULT_TOKEN = ['hvs', 'PlantedVaultToken0123456789ab'].join('.');
const GITHUB_TOKEN = ['ghp', 'PlantedGithubToken0123456789abcdefgh'].join('_');
const API_KEY = ['sk', 'planted', 'Ab12Cd34Ef56Gh78'].join('-');
const AWS_SECRET = 'PlantedAwsSecret/0123456789+abcdefghijkl';
const PASSWORD = 'planted-hunter-2';
const SQL_PASSWORD = "planted-it''s-sql";
const DSN_PASSWORD = 'planted-dsn-pass';
const BASIC = Buffer.from('planted:basic-password').toString('base64');
const QUERY_KEY = 'PlantedQueryKey7Qx';
const CLIENT_PASSWORD = 'planted-role-password-9';
const PARAMETER = 'planted-parameter-Zx81';
/** Every secret that stands in them. */
export const PLANTED: readonly string[] = [
  JWT,
  JWT.split('.')[2] as string,
  QUERY_KEY,
  CLIENT_PASSWORD,
  PARAMETER,
  VAULT_TOKEN,
  GITHUB_TOKEN,
  API_KEY,
  AWS_SECRET,
  PASSWORD,
  SQL_PASSWORD,
  DSN_PASSWORD,
  BASIC,
];

const nginxLine = (second: number, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    time: '2026-11-23T12:03:18+00:00',
    msec: `17954353${98 + second}.624`,
    request_id: `5e2ea0b50c3da144c5be2e407c0406c${second}`,
    remote_addr: '127.0.0.1',
    credential: 'cred-agent-a',
    method: 'GET',
    uri: '/v1/customers/1',
    args: '',
    status: 200,
    body_bytes_sent: 68,
    user_agent: 'agent-a/1.0',
    session: 'run-42',
    ...fields,
  });

const pgLine = (line: number, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    timestamp: '2026-11-23 12:03:20.000 UTC',
    user: 'agent_a',
    dbname: 'appdb',
    pid: 7,
    remote_host: '127.0.0.1',
    session_id: '6b04.7',
    line_num: line,
    error_severity: 'LOG',
    application_name: 'psql',
    backend_type: 'client backend',
    ...fields,
  });

const auditOf = (statement: string, command = 'SELECT'): string =>
  `AUDIT: SESSION,1,1,ROLE,${command},,,"${statement.replaceAll('"', '""')}",<none>,0`;

const vaultLine = (type: 'request' | 'response', path: string, data: object): string =>
  JSON.stringify({
    time: '2026-11-23T12:03:21.5Z',
    type,
    auth: { client_token: VAULT_TOKEN, accessor: 'hmac-sha256:1', display_name: 'token', token_type: 'service' },
    request: { id: '1', operation: 'read', path, client_token: VAULT_TOKEN, remote_address: '127.0.0.1', data },
  });

/** Every place that a secret gets into in real life, in logs that can be read and in some that cannot. */
export const PLANTED_LOGS: Readonly<Record<string, readonly string[]>> = {
  'gateway.jsonl': [
    nginxLine(0, { args: `access_token=${JWT}&x=1` }),
    nginxLine(1, { uri: `/v1/hooks/${GITHUB_TOKEN}/fire` }),
    nginxLine(0, { user_agent: `agent-a/1.0 (Authorization: Bearer ${API_KEY})` }),
    nginxLine(1, { args: `password=${PASSWORD}` }),
    nginxLine(0, { args: `api_key=${QUERY_KEY}`, uri: `/v1/x?api_key=${QUERY_KEY}`, Authorization: `Bearer ${JWT}` }),
    nginxLine(0, { args: `url=https%3A%2F%2Fh%2F%3Ftoken%3D${VAULT_TOKEN}` }),
    nginxLine(1, { credential: VAULT_TOKEN }),
    nginxLine(0, { credential: JWT, session: JWT, trace_id: JWT, request_id: JWT, method: JWT }),
    nginxLine(1, { remote_addr: API_KEY, x_api_key: API_KEY }),
    // Neither of these is an event.
    `${nginxLine(1, { args: `client_secret=${AWS_SECRET}` }).slice(0, -9)}`,
    nginxLine(1, { msec: `Bearer ${API_KEY}`, time: `Basic ${BASIC}` }),
    `{"Authorization":"Basic ${BASIC}","password":"${PASSWORD}"`,
  ],
  'database.json': [
    pgLine(1, { message: auditOf(`CREATE ROLE a LOGIN PASSWORD '${SQL_PASSWORD}'`, 'CREATE ROLE') }),
    pgLine(2, { message: auditOf(`SELECT dblink('postgres://u:${DSN_PASSWORD}@h/db')`) }),
    pgLine(3, { message: auditOf(`SELECT '${JWT}' AS "${API_KEY}"`) }),
    pgLine(4, { message: auditOf('SELECT 1'), application_name: `psql password=${PASSWORD}` }),
    pgLine(5, {
      error_severity: 'ERROR',
      state_code: '42501',
      message: `permission denied for table x`,
      statement: `COPY x TO PROGRAM 'curl -H "Authorization: Bearer ${VAULT_TOKEN}" http://h'`,
    }),
    pgLine(6, { error_severity: 'FATAL', state_code: '28P01', message: 'no', user: GITHUB_TOKEN }),
    pgLine(8, { message: auditOf(`ALTER ROLE a WITH PASSWORD '${CLIENT_PASSWORD}'`, 'ALTER ROLE') }),
    pgLine(9, { message: `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.t,SELECT * FROM t WHERE k = $1,"${PARAMETER}"` }),
    pgLine(7, { message: `AUDIT: SESSION,x,PASSWORD '${SQL_PASSWORD}'` }),
  ],
  'vault.jsonl': [
    vaultLine('request', 'kv/data/x', { hmac: 'hmac-sha256:0' }),
    vaultLine('response', `auth/token/lookup/${VAULT_TOKEN}`, {}),
  ],
  'unknown.log': [`Nov 23 agent[7]: X-Api-Key: ${API_KEY}`, `aws_secret_access_key = ${AWS_SECRET}`, `token=${JWT}`],
};
