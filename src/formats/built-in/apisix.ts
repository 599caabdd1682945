import { described, HTTP_STATUS } from './described.ts';

/** Apache APISIX: file-logger, http-logger and kafka-logger (also in batches) with the log format that they have unless told otherwise. */
export const apisix = described(
  {
    id: 'apisix',
    title: 'Apache APISIX, log plugins',
    dataset: 'apisix.access',
    time: { field: 'start_time', unit: 'ms' },
    action: '{request.method} {path(request.uri)}',
    result: [{ field: 'response.status', ...HTTP_STATUS }],
    identities: { credential_id: 'consumer.username' },
    proof: [{ is: 'verified', when: { 'consumer.username': { exists: true } } }],
    source_ip: 'client_ip',
    client: 'request.headers.user-agent',
    bytes: 'response.size',
    tokens_in: 'llm_summary.prompt_tokens',
    tokens_out: 'llm_summary.completion_tokens',
    status: 'response.status',
    method: 'request.method',
    path: 'request.uri',
    service: ['service_id', 'route_id'],
    // The plugin ai-proxy says which model it asked.
    cases: [{ when: { 'llm_summary.model': { exists: true } }, action: "{'chat'} {llm_summary.model}" }],
  },
  {
    proof: '`consumer`, which APISIX sets once a plugin accepted the credential',
    about: {
      switchOn: 'the plugin `file-logger`, `http-logger` or `kafka-logger`, without `log_format`',
      cannotTell: "which of a consumer's keys was used",
      evidence: 'documented: Apache APISIX 3, file-logger',
    },
    knownBy: {
      'request.uri': { exists: true },
      'response.status': { exists: true },
      start_time: { exists: true },
      client_ip: { exists: true },
    },
  },
);
