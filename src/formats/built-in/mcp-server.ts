import { described } from './described.ts';

/**
 * What an MCP server writes of each call itself, a line of JSON: FastMCP's own log names nobody, so a middleware writes who the checked token
 * says it was, the tool, and what became of it. A refused token is no line of this log: the server answers 401 before.
 */
export const mcpServer = described(
  {
    id: 'mcp-server',
    title: 'MCP server, a line for each call: who, tool, outcome',
    dataset: 'mcp.calls',
    time: { field: ['time', 'timestamp', '@timestamp'], unit: 'iso' },
    action: [
      "{'file:'}{path(file)}",
      "{'tools/call'} {tool}",
      "{'resources/read'} {path(resource)}",
      "{'prompts/get'} {prompt}",
    ],
    result: [
      {
        field: 'outcome',
        rejected: ['rejected', 'unauthenticated'],
        denied: ['denied', 'forbidden'],
        error: ['error', 'failed'],
      },
    ],
    identities: { client_id: 'client_id', jwt_sub: 'sub', credential_id: ['token_id', 'jti'] },
    proof: [
      { is: 'verified', when: { sub: { exists: true } } },
      { is: 'verified', when: { jti: { exists: true } } },
      { is: 'verified', when: { token_id: { exists: true } } },
      // Of a client that says its name and shows no token, the same could stand there.
      { is: 'declared', when: { client_id: { exists: true } } },
    ],
    source_ip: 'client_ip',
    client: 'user_agent',
    service: 'server',
    trace_id: 'trace_id',
    session: 'session_id',
  },
  {
    proof:
      '`sub`, `jti` or `token_id` of the token that the server has checked; `client_id` without any of them is declared',
    about: {
      switchOn:
        'a middleware of your server that writes `{"time": …, "event": "tool_call", "tool": …, "client_id": …, "sub": …, "jti": …, "outcome": "ok|denied|error"}`; FastMCP: `on_call_tool` with `get_access_token()`; a server of files adds `file`, the path as it has resolved it, for scopes such as `file:/srv/reports/**`',
      cannotTell: 'calls with a token that was refused; arguments',
      evidence: 'recorded: FastMCP 4.2, to whose lines the time was added',
    },
    knownBy: {
      event: ['tool_call', 'resource_read', 'prompt_get'],
      outcome: { exists: true },
    },
  },
);
