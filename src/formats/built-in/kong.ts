import { described, HTTP_STATUS } from './described.ts';

/** Where plugins for models stand below `ai`, by version. */
const AI_PLUGINS = ['proxy', 'ai-proxy', 'ai-proxy-advanced'];
const usage = (...names: string[]): string[] =>
  AI_PLUGINS.flatMap((plugin) => names.map((name) => `ai.${plugin}.usage.${name}`));

/**
 * Kong Gateway: the plugins file-log, http-log (also in batches), kafka-log and their kin, with the fields that they write unless told otherwise.
 * `consumer` stands there once an authentication plugin has accepted a credential.
 */
export const kong = described(
  {
    id: 'kong',
    title: 'Kong Gateway, log plugins',
    dataset: 'kong.access',
    time: { field: 'started_at', unit: 'ms' },
    action: '{request.method} {path(request.uri)}',
    result: [{ field: 'response.status', ...HTTP_STATUS }],
    identities: {
      credential_id: ['consumer.username', 'consumer.custom_id', 'consumer.id', 'authenticated_entity.id'],
    },
    proof: [
      { is: 'verified', when: { 'consumer.id': { exists: true } } },
      { is: 'verified', when: { 'consumer.username': { exists: true } } },
      { is: 'verified', when: { 'authenticated_entity.id': { exists: true } } },
    ],
    source_ip: 'client_ip',
    client: ['request.headers.user-agent', 'request.headers.user-agent.0'],
    bytes: 'response.size',
    tokens_in: usage('prompt_tokens', 'prompt_token'),
    tokens_out: usage('completion_tokens', 'completion_token'),
    cost: usage('cost'),
    status: 'response.status',
    method: 'request.method',
    path: 'request.uri',
    service: 'service.name',
    trace_id: 'request.headers.traceparent',
    cases: [
      {
        when: { 'ai.mcp.rpc.0.tool_name': { exists: true } },
        action: '{ai.mcp.rpc.0.method} {ai.mcp.rpc.0.tool_name}',
      },
      // Plugins before 3.8 write of each by its name.
      ...AI_PLUGINS.map((plugin) => ({
        when: { [`ai.${plugin}.meta.request_model`]: { exists: true } },
        action: `{'chat'} {ai.${plugin}.meta.request_model}`,
      })),
    ],
  },
  {
    proof:
      '`consumer` or `authenticated_entity`, which Kong sets once a plugin accepted the credential; an anonymous consumer of the plugin looks the same',
    about: {
      switchOn: 'the plugin `file-log`, `http-log`, `kafka-log` or `tcp-log`',
      cannotTell: "which of a consumer's credentials was used, unless `authenticated_entity` is all there is",
      evidence: 'documented: Kong Gateway 3, log format',
    },
    knownBy: {
      'request.uri': { exists: true },
      'response.status': { exists: true },
      'latencies.request': { exists: true },
      started_at: { exists: true },
    },
  },
);
