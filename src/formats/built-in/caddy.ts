import { described, HTTP_STATUS } from './described.ts';

/**
 * Caddy 2, access log in JSON. `user_id` is empty unless an authentication module accepted the request, also where a name was claimed.
 * Caddy writes `X-Api-Key` in clear, which is a leak: filter it (`format filter`).
 */
export const caddy = described(
  {
    id: 'caddy',
    title: 'Caddy access log, JSON',
    dataset: 'caddy.access',
    ignore: [{ when: { request: { exists: false } }, reason: 'server-line' }],
    // `time_format` chooses how it is written; text without a zone is UTC unless `time_local` is set.
    time: [
      { field: 'ts', unit: 's' },
      { field: 'ts', unit: 'iso', zone: 'UTC' },
    ],
    action: '{request.method} {path(request.uri)}',
    result: [
      // The client went before there was an answer.
      { is: 'error', when: { status: 0 } },
      { field: 'status', ...HTTP_STATUS },
    ],
    identities: { credential_id: 'user_id' },
    proof: [{ is: 'verified', when: { user_id: { exists: true } } }],
    source_ip: ['request.client_ip', 'request.remote_ip'],
    client: 'request.headers.User-Agent.0',
    bytes: 'size',
    status: 'status',
    method: 'request.method',
    path: 'request.uri',
    trace_id: 'request.headers.Traceparent.0',
    session: 'request.headers.X-Agent-Session.0',
  },
  {
    proof: '`user_id`, which stays empty unless an authentication module accepted the request',
    about: {
      switchOn: "`log` in the site's block; its encoder is JSON unless told otherwise",
      cannotTell: 'which key was used; a name that was claimed and refused',
      evidence: 'recorded: Caddy 2.11',
    },
    knownBy: { logger: { exists: true }, ts: { exists: true }, msg: { exists: true }, level: { exists: true } },
  },
);
