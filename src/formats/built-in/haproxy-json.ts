import { described, HTTP_STATUS } from './described.ts';

/**
 * HAProxy, a `log-format` of JSON. It has whatever it is told to: `consumer` and `auth` are variables that its configuration sets behind the check
 * of a key or password, `http_auth_user` would be a claim. Its `json()` writes `\/`, and `-` for what is not there.
 */
export const haproxyJson = described(
  {
    id: 'haproxy-json',
    title: 'HAProxy log, JSON',
    dataset: 'haproxy.http',
    // What is no HTTP, and clients that went before they had asked.
    ignore: [{ when: { method: ['-', '', '<BADREQ>'] }, reason: 'no-request' }],
    time: [
      { field: 'ts_ms', unit: 'ms' },
      { field: 'time', unit: 'iso' },
    ],
    action: '{method} {path(uri)}',
    result: [
      // Nobody answered: -1, and the client went.
      { is: 'error', when: { status: ['-1', '0'] } },
      { field: 'status', ...HTTP_STATUS },
    ],
    identities: { credential_id: 'consumer' },
    proof: [{ is: 'verified', when: { consumer: { exists: true }, auth: { exists: true } } }],
    source_ip: 'client',
    client: 'ua',
    bytes: 'bytes',
    status: 'status',
    method: 'method',
    path: 'uri',
    service: 'backend',
    trace_id: 'id',
  },
  {
    proof: '`consumer` beside `auth`, two variables that the configuration sets once a credential was checked',
    about: {
      switchOn: `\`log-format '{"ts_ms":%Ts%ms,"client":"%ci","method":"%[capture.req.method,json(utf8s)]","uri":"%[capture.req.uri,json(utf8s)]","status":%ST,"bytes":%B,"state":"%tsc","backend":"%b","consumer":"%[var(txn.consumer),json(utf8s)]","auth":"%[var(txn.auth),json(utf8s)]","ua":"%[capture.req.hdr(0),json(utf8s)]","id":"%[unique-id]"}'\`; \`http-request set-var(txn.consumer) …\` and \`set-var(txn.auth) str(key)\` behind \`if\` and the acl that checks the key`,
      cannotTell: 'who called, unless the configuration sets these variables; never set them from a header',
      evidence: 'recorded: HAProxy 2.6',
    },
    knownBy: {
      state: { pattern: '*' },
      backend: { exists: true },
      client: { exists: true },
      uri: { pattern: '*' },
      status: { exists: true },
    },
  },
);
