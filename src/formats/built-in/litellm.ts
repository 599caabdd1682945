import { described } from './described.ts';

/**
 * LiteLLM proxy: StandardLoggingPayload, as its callbacks and log sinks write it. `end_user` and tags are the caller's own words, and of an
 * unknown key the hash of what was claimed stands there: only a user id or an alias shows a key that LiteLLM knows.
 */
export const litellm = described(
  {
    id: 'litellm',
    title: 'LiteLLM proxy, StandardLoggingPayload',
    dataset: 'litellm.call',
    time: [
      { field: 'startTime', unit: 's' },
      { field: 'startTime', unit: 'iso', zone: 'UTC' },
    ],
    action: ['{call_type} {model_group}', '{call_type} {model}', 'call_type'],
    result: [
      { field: 'error_information.error_code', rejected: [401], denied: [403] },
      { field: 'error_information.error_class', rejected: ['*AuthenticationError*'], denied: ['*PermissionDenied*'] },
      { field: 'status', error: ['failure'], success: ['success'] },
    ],
    identities: {
      credential_id: ['metadata.user_api_key_alias', 'metadata.user_api_key_hash'],
      client_id: 'metadata.user_api_key_user_id',
    },
    proof: [
      { is: 'verified', when: { 'metadata.user_api_key_user_id': { exists: true } } },
      { is: 'verified', when: { 'metadata.user_api_key_alias': { exists: true } } },
    ],
    source_ip: ['metadata.requester_ip_address', 'requester_ip_address'],
    client: 'metadata.user_agent',
    tokens_in: 'prompt_tokens',
    tokens_out: 'completion_tokens',
    cost: 'response_cost',
    service: ['custom_llm_provider', 'api_base'],
    trace_id: 'trace_id',
    session: 'session_id',
  },
  {
    proof:
      '`user_api_key_user_id` or `user_api_key_alias`; without them the hash may be that of a key that was only claimed',
    about: {
      switchOn: 'a callback that writes StandardLoggingPayload, such as `s3_v2`, `gcs_bucket` or your own logger',
      cannotTell: "which of a user's keys without an alias; `end_user` is ignored",
      evidence: 'recorded: LiteLLM 1.108',
    },
    knownBy: { call_type: { exists: true }, startTime: { exists: true }, metadata: { exists: true } },
  },
);
