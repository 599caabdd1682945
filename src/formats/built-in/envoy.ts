import { described } from './described.ts';

/**
 * Envoy and Istio, access log in JSON with the names that Istio gives its fields. Neither says who was authenticated unless the log format
 * is told to: `credential` from the filter's metadata, or the subject of the peer's certificate.
 */
export const envoy = described(
  {
    id: 'envoy',
    title: 'Envoy and Istio access log, JSON',
    dataset: 'envoy.access',
    time: { field: 'start_time', unit: 'iso' },
    action: '{method} {path(path)}',
    result: [
      // The client went, or there was no answer.
      { is: 'error', when: { response_code: 0 } },
      { field: 'grpc_status', rejected: [16, 'Unauthenticated'], denied: [7, 'PermissionDenied'], error: ['1-15'] },
      { field: 'response_code', rejected: [401, 407], denied: [403], error: ['4xx', '5xx'] },
    ],
    identities: { credential_id: 'credential', mtls_subject: 'downstream_peer_subject' },
    proof: 'source',
    source_ip: 'downstream_remote_address',
    client: 'user_agent',
    bytes: 'bytes_sent',
    status: 'response_code',
    method: 'method',
    path: 'path',
    service: ['upstream_cluster', 'authority'],
    trace_id: 'traceparent',
    session: 'session',
  },
  {
    proof: '`identity:` of the source; else what the log format was told to write is unproven, and 401 is rejected',
    about: {
      switchOn:
        'Istio: `accessLogEncoding: JSON`; Envoy: `json_format` with the same names, and `credential` from the metadata of the filter that checks keys',
      cannotTell: 'who called, unless the log format is told to say so',
      evidence: 'recorded: Envoy',
    },
    knownBy: {
      start_time: { exists: true },
      response_code: { exists: true },
      downstream_remote_address: { exists: true },
    },
  },
);
