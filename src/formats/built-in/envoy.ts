import { described } from './described.ts';

/** Clusters by which Envoy lets out what it has no service for, where whoever is asked for chose the destination. */
export const EGRESS = ['dynamic_forward_proxy*', '*_forward_proxy_cluster', 'PassthroughCluster', 'BlackHoleCluster'];
const SIGNS = { response_code: { exists: true }, downstream_remote_address: { exists: true } };
/** What stands where an HTTP request is none: bytes were passed on. */
const NO_REQUEST = { method: { exists: false } };
const DESTINATION = ['requested_server_name', 'authority', 'downstream_local_address', 'upstream_host'];

/**
 * Envoy and Istio, access log in JSON with the names that Istio, Contour or Envoy Gateway give its fields. None says who was authenticated unless
 * the log format is told to: `credential` from the filter's metadata, or the subject of the peer's certificate.
 */
export const envoy = described(
  {
    id: 'envoy',
    title: 'Envoy and Istio access log, JSON',
    dataset: 'envoy.access',
    time: { field: ['start_time', '@timestamp'], unit: 'iso' },
    result: [
      { field: 'connection_termination_details', denied: ['rbac_access_denied*'] },
      // The client went, or there was no answer; of a connection it says nothing.
      { is: 'error', when: { response_code: 0, method: { exists: true } } },
      { is: 'error', when: { response_code: 0, response_flags: { exists: true } } },
      { field: 'grpc_status', rejected: [16, 'Unauthenticated'], denied: [7, 'PermissionDenied'], error: ['1-15'] },
      { field: 'response_code', rejected: [401, 407], denied: [403], error: ['4xx', '5xx'] },
    ],
    identities: { credential_id: 'credential', mtls_subject: 'downstream_peer_subject' },
    proof: 'source',
    source_ip: 'downstream_remote_address',
    client: ['user_agent', 'user-agent'],
    bytes: 'bytes_sent',
    status: 'response_code',
    method: 'method',
    path: ['path', 'x-envoy-origin-path'],
    service: ['upstream_cluster', 'authority'],
    trace_id: 'traceparent',
    session: 'session',
    cases: [
      {
        when: { method: 'CONNECT' },
        dataset: 'envoy.egress',
        action: ['{method} {authority}', `{method} {":authority"}`],
      },
      {
        when: { ...NO_REQUEST, upstream_cluster: EGRESS },
        dataset: 'envoy.egress',
        action: DESTINATION.map((field) => `{'connect'} {${field}}`),
      },
      {
        when: { upstream_cluster: EGRESS },
        dataset: 'envoy.egress',
        action: ['{method} {authority}', `{method} {":authority"}`, '{method} {path(path)}'],
      },
      {
        when: NO_REQUEST,
        action: ["{'connect'} {upstream_cluster}", ...DESTINATION.map((field) => `{'connect'} {${field}}`)],
      },
      { action: ['{method} {path(path)}', '{method} {path(x-envoy-origin-path)}'] },
    ],
  },
  {
    proof: '`identity:` of the source; else what the log format was told to write is unproven, and 401 is rejected',
    about: {
      switchOn:
        'Istio: `accessLogEncoding: JSON`; Envoy: `json_format` with the same names, and `credential` from the metadata of the filter that checks keys',
      cannotTell: 'who called, unless the log format is told to say so',
      evidence: 'recorded: Envoy; as egress proxy, and with the names of Contour and Envoy Gateway, documented: 2026',
    },
    knownBy: [
      { start_time: { exists: true }, ...SIGNS },
      { '"@timestamp"': { exists: true }, response_flags: { pattern: '*' }, ...SIGNS },
    ],
  },
);
