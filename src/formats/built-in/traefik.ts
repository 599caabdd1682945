import { described, HTTP_STATUS } from './described.ts';

/** Traefik 2 and 3, access log in JSON. On a 401 `ClientUsername` is the name that was claimed. */
export const traefik = described(
  {
    id: 'traefik',
    title: 'Traefik access log, JSON',
    dataset: 'traefik.access',
    time: { field: ['StartUTC', 'StartLocal', 'time'], unit: 'iso' },
    action: '{RequestMethod} {path(RequestPath)}',
    result: [{ field: 'DownstreamStatus', ...HTTP_STATUS }],
    identities: { credential_id: 'ClientUsername' },
    proof: [{ is: 'verified', when: { ClientUsername: { exists: true }, DownstreamStatus: { not: 401 } } }],
    source_ip: 'ClientHost',
    client: 'request_User-Agent',
    bytes: 'DownstreamContentSize',
    status: 'DownstreamStatus',
    method: 'RequestMethod',
    path: 'RequestPath',
    service: 'ServiceName',
    trace_id: ['TraceId', 'request_Traceparent'],
  },
  {
    proof: '`ClientUsername` of an answer other than 401, on which it is the name that was claimed',
    about: {
      switchOn: '`accessLog: { format: json }`, and `fields.headers.names.User-Agent: keep`',
      cannotTell: 'which key was used; unknown keys of a plugin look like any other answer',
      evidence: 'recorded: Traefik 3.7',
    },
    knownBy: { DownstreamStatus: { exists: true }, RequestMethod: { exists: true }, RequestPath: { exists: true } },
  },
);
