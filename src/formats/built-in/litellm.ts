import { described } from './described.ts';

const ERROR = 'error_information';
/** A row of `LiteLLM_SpendLogs`, also as `GET /spend/logs` gives it; its `user` is that of the key, not what the caller said. */
const isSpendLog = { spend: { exists: true }, request_id: { exists: true } };

/**
 * LiteLLM proxy: StandardLoggingPayload, as its callbacks and log sinks write it, and rows of its spend log. `end_user` and tags are the caller's own words, and of an
 * unknown key the hash of what was claimed stands there: only a user id or an alias shows a key that LiteLLM knows.
 */
export const litellm = described(
  {
    id: 'litellm',
    title: 'LiteLLM proxy, StandardLoggingPayload and spend logs',
    dataset: 'litellm.call',
    time: [
      { field: 'startTime', unit: 's' },
      { field: 'startTime', unit: 'iso', zone: 'UTC' },
    ],
    action: [
      '{call_type} {metadata.mcp_tool_call_metadata.name}',
      '{call_type} {model_group}',
      '{call_type} {model}',
      'call_type',
    ],
    result: [
      // A row of the spend log has the error within its metadata.
      ...[ERROR, `metadata.${ERROR}`].flatMap((error) => [
        // The provider did not accept LiteLLM's own key: whoever asked LiteLLM had been let in.
        {
          is: 'error' as const,
          when: { [`${error}.llm_provider`]: { exists: true }, [`${error}.error_class`]: { not: 'ProxyException' } },
        },
        // A key that LiteLLM knows, and a model that it may not use.
        ...['metadata.user_api_key_alias', 'metadata.user_api_key_user_id'].map((known) => ({
          is: 'denied' as const,
          when: { [`${error}.error_code`]: 401, [known]: { exists: true } },
        })),
        { field: `${error}.error_code`, rejected: [401], denied: [403] },
        { field: `${error}.error_class`, rejected: ['*AuthenticationError*'], denied: ['*PermissionDenied*'] },
      ]),
      { field: ['status', 'metadata.status'], error: ['failure'], success: ['success'] },
    ],
    identities: {
      credential_id: ['metadata.user_api_key_alias', 'metadata.user_api_key_hash'],
      client_id: ['metadata.user_api_key_user_id', { field: 'user', when: isSpendLog }],
    },
    proof: [
      { is: 'verified', when: { 'metadata.user_api_key_user_id': { exists: true } } },
      { is: 'verified', when: { 'metadata.user_api_key_alias': { exists: true } } },
      { is: 'verified', when: { user: { exists: true }, ...isSpendLog } },
    ],
    source_ip: ['metadata.requester_ip_address', 'requester_ip_address'],
    client: 'metadata.user_agent',
    tokens_in: 'prompt_tokens',
    tokens_out: 'completion_tokens',
    cost: ['response_cost', 'spend'],
    service: ['custom_llm_provider', 'api_base'],
    trace_id: 'trace_id',
    session: 'session_id',
  },
  {
    proof:
      '`user_api_key_user_id` or `user_api_key_alias`; without them the hash may be that of a key that was only claimed',
    about: {
      switchOn:
        'a callback that writes StandardLoggingPayload, such as `s3_v2`, `gcs_bucket` or your own logger; or an export of `LiteLLM_SpendLogs`',
      cannotTell: "which of a user's keys without an alias; `end_user` is ignored",
      evidence: 'recorded: LiteLLM 1.108; spend logs documented: its schema, 2026',
    },
    digests: ['api_key'],
    knownBy: { call_type: { exists: true }, startTime: { exists: true }, metadata: { exists: true } },
  },
);
