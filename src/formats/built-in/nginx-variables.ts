import { described, HTTP_STATUS } from './described.ts';

/**
 * Any access log in JSON whose fields have the names of nginx's variables, or usual ones: what ingress-nginx and many gateways are told to write.
 * `remote_user` is what the request claimed.
 */
export const nginxVariables = described(
  {
    id: 'nginx-variables',
    title: "access log, JSON with the names of nginx's variables",
    dataset: 'nginx.access',
    ignore: [
      { when: { request: '', method: { exists: false }, request_method: { exists: false } }, reason: 'no-request' },
    ],
    time: [
      { field: 'msec', unit: 's' },
      { field: ['time_iso8601', '@timestamp', 'time_local', 'timestamp', 'time'], unit: 'iso' },
      { field: 'timestamp', unit: 's' },
    ],
    cases: [
      {
        when: { request: { exists: true } },
        request_line: 'request',
      },
      {
        action: [
          '{request_method} {path(request_uri)}',
          '{request_method} {path(uri)}',
          '{method} {path(uri)}',
          '{method} {path(request_uri)}',
          '{method} {path(path)}',
        ],
        method: ['request_method', 'method'],
        path: ['request_uri', 'uri', 'path'],
      },
    ],
    result: [{ field: 'status', ...HTTP_STATUS }],
    identities: { credential_id: 'remote_user', mtls_subject: 'ssl_client_s_dn' },
    proof: 'source',
    source_ip: 'remote_addr',
    client: ['http_user_agent', 'user_agent'],
    bytes: ['body_bytes_sent', 'bytes_sent'],
    status: 'status',
    trace_id: ['http_traceparent', 'traceparent', 'request_id'],
  },
  {
    proof: '`identity: authenticated` of the source; else `remote_user` is what the request claimed, and unproven',
    about: {
      switchOn: "`log_format … escape=json` with the names of nginx's variables",
      cannotTell: 'who a request was authenticated as, without `identity:`',
      evidence: 'documented: nginx, ngx_http_core_module and ngx_http_log_module',
    },
    knownBy: { remote_addr: { exists: true }, status: { exists: true } },
  },
);
