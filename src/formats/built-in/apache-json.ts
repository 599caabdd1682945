import { described, HTTP_STATUS } from './described.ts';

/** Statuses on which Apache's `%u` is the name that was claimed ("may be bogus", mod_log_config). */
const NOT_AUTHENTICATED = [401, 407];
const PASSED = { status: { not: NOT_AUTHENTICATED }, first_status: { not: NOT_AUTHENTICATED } };

const SIGNS = {
  // As `%z` writes a zone: without a colon, and never as Z.
  time: { pattern: ['20*T*:*:*.*+*', '20*T*:*:*.*-*'] },
  client: { exists: true },
  user: { pattern: '*' },
  id: { pattern: '*' },
  status: ['1xx', '2xx', '3xx', '4xx', '5xx'],
  bytes: { exists: true },
  // HAProxy has it.
  state: { exists: false },
};

/**
 * Apache HTTP Server 2.4, access log in JSON: a LogFormat with these names. `consumer` is a variable that the server sets beside a key that it
 * knows, `user` whoever authenticated, or tried to. An error page may turn a 401 into another status: `first_status` has what it was.
 */
export const apacheJson = described(
  {
    id: 'apache-json',
    title: 'Apache HTTP Server access log, JSON',
    dataset: 'apache.access',
    time: { field: 'time', unit: 'iso' },
    cases: [
      { when: { request: { exists: true } }, request_line: 'request' },
      { when: { request: { not: ['', '-'] } }, action: '{method} {path(uri)}', method: 'method', path: 'uri' },
    ],
    result: [
      { field: 'first_status', rejected: NOT_AUTHENTICATED },
      { field: 'status', ...HTTP_STATUS },
    ],
    identities: { credential_id: ['consumer', 'user'], jwt_sub: 'sub' },
    proof: [
      { is: 'verified', when: { ...PASSED, consumer: { exists: true } } },
      { is: 'verified', when: { ...PASSED, user: { exists: true } } },
    ],
    source_ip: 'client',
    client: ['user_agent', 'ua'],
    bytes: 'bytes',
    status: 'status',
    trace_id: ['traceparent', 'id'],
  },
  {
    proof:
      '`user` or `consumer` of an answer other than 401, on which `user` is the name that was claimed: also of one who is known and not allowed',
    about: {
      switchOn:
        'mod_log_config: `LogFormat "{\\"time\\":\\"%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t\\",\\"client\\":\\"%a\\",\\"user\\":\\"%u\\",\\"consumer\\":\\"%{CONSUMER}e\\",\\"request\\":\\"%r\\",\\"status\\":%>s,\\"first_status\\":\\"%s\\",\\"bytes\\":%B,\\"user_agent\\":\\"%{User-Agent}i\\",\\"id\\":\\"%{UNIQUE_ID}e\\"}" json`, with `SetEnvIf X-Api-Key … CONSUMER=name` where keys are known; mod_auth_openidc: `"sub":"%{OIDC_CLAIM_sub}e"`, too',
      cannotTell: 'who was known and not allowed, since Apache answers that with 401, too',
      evidence: 'recorded: Apache 2.4',
    },
    // A log of somebody's own with such names may have a user whom nobody checked.
    knownBy: [
      { ...SIGNS, request: { pattern: '*' } },
      { ...SIGNS, method: { pattern: '*' }, uri: { pattern: '*' } },
    ],
  },
);
