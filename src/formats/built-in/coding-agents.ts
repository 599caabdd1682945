import type { CustomFormatInput } from '../custom-spec.ts';

const attribute = (name: string) => `attributes."${name}"`;

/** Whose account it is: every user's agent is the same service. */
const identities = {
  client_id: [
    ...['gen_ai.agent.id', 'user.account_uuid', 'user.account_id', 'user.email', 'user.id'].map(attribute),
    'resource."gen_ai.agent.id"',
  ],
};
const session = [attribute('session.id'), attribute('conversation.id')];
const service = 'resource."service.name"';
const ACCEPTED = ['accept', 'approved*', 'auto_accept', 'modify'];
const REFUSED = ['reject*', 'denied', 'abort', 'cancel', 'deny'];

/**
 * What coding agents tell of themselves in logs of OTLP: Claude Code (`claude_code.*`), Codex (`codex.*`) and Gemini CLI (`gemini_cli.*`). A call of
 * the model is one use, with its tokens; a tool's call another. A decision is one only where it stopped the tool.
 */
export const codingAgents: NonNullable<CustomFormatInput['cases']> = [
  {
    when: {
      signal: 'log',
      event: [
        ...['claude_code.api_request', 'claude_code.api_error', 'api_request', 'api_error'],
        ...['codex.sse_event', 'codex.api_request'],
        ...['gemini_cli.api_response', 'gemini_cli.api_error'],
      ],
    },
    ignore: [
      // Codex streams: only the last event of an answer has its tokens, and a request that was answered has one.
      {
        when: { event: 'codex.sse_event', [attribute('event.kind')]: { not: 'response.completed' } },
        reason: 'partial',
      },
      { when: { event: 'codex.api_request', [attribute('http.response.status_code')]: '2xx' }, reason: 'partial' },
    ],
    action: [`{'chat'} {${attribute('model')}}`, "{'chat'}"],
    identities,
    session,
    service,
    result: [
      {
        field: [attribute('status_code'), attribute('http.response.status_code')],
        rejected: [401],
        denied: [403],
        error: ['4xx', '5xx'],
      },
      { is: 'error', when: { event: '*api_error' } },
    ],
    tokens_in: [attribute('input_tokens'), attribute('input_token_count')],
    tokens_out: [attribute('output_tokens'), attribute('output_token_count')],
    cost: attribute('cost_usd'),
  },
  {
    when: {
      signal: 'log',
      event: [
        ...['claude_code.tool_result', 'claude_code.tool_decision', 'tool_result', 'tool_decision'],
        ...['codex.tool_result', 'codex.tool_decision', 'gemini_cli.tool_call'],
      ],
    },
    ignore: [{ when: { event: '*tool_decision', [attribute('decision')]: ACCEPTED }, reason: 'before-its-result' }],
    action: [`{'execute_tool'} {${attribute('tool_name')}}`, `{'execute_tool'} {${attribute('function_name')}}`],
    identities,
    session,
    service,
    result: [
      { field: attribute('decision'), denied: REFUSED },
      { field: attribute('success'), error: ['false'] },
    ],
  },
  // Anything else that is logged, such as a prompt.
  {
    when: { signal: 'log', [attribute('mcp.method.name')]: { exists: false } },
    ignore: [{ when: {}, reason: 'other-log' }],
    action: 'event',
  },
];
