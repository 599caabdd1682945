import type { Format } from '../format.ts';
import { fractionOfObjects } from '../json.ts';
import { otlpBatches } from '../otlp-batch.ts';
import { codingAgents } from './coding-agents.ts';
import { described } from './described.ts';

const attribute = (name: string) => `attributes."${name}"`;
const [OPERATION, METHOD, MODEL, TOOL] = [
  attribute('gen_ai.operation.name'),
  attribute('mcp.method.name'),
  attribute('gen_ai.request.model'),
  attribute('gen_ai.tool.name'),
];
/** As numbers, or as the names of protobuf. */
const [INTERNAL, SERVER] = [
  [0, 1, 'SPAN_KIND_UNSPECIFIED', 'SPAN_KIND_INTERNAL'],
  [2, 'SPAN_KIND_SERVER'],
];
/** What an agent does by means of other spans: their tokens are counted there. */
const WHOLE_RUNS = ['invoke_agent', 'invoke_workflow', 'create_agent'];
const isCall = { [OPERATION]: { not: WHOLE_RUNS } };

const records = described(
  {
    id: 'opentelemetry',
    title: 'OpenTelemetry, OTLP/JSON: gen_ai.*, mcp.*, coding agents',
    dataset: 'otel.gen_ai',
    ignore: [
      {
        when: {
          signal: 'span',
          [OPERATION]: { exists: false },
          [METHOD]: { exists: false },
          [MODEL]: { exists: false },
        },
        reason: 'other-span',
      },
      { when: { signal: 'span', kind: INTERNAL, [OPERATION]: WHOLE_RUNS }, reason: 'whole-run' },
      { when: { [METHOD]: ['ping', 'initialize', 'notifications/*'] }, reason: 'mcp-protocol' },
      { when: { signal: 'log', event: 'gen_ai.*' }, reason: 'beside-its-span' },
    ],
    // A span is written once it has ended: only the ends come in order.
    time: ['endTimeUnixNano', 'timeUnixNano', 'observedTimeUnixNano'].map((field) => ({
      field: { field, when: { [field]: { not: [0] } } },
      unit: 'ns' as const,
    })),
    identities: {
      // The resource of a server's span is the server: who called it stands in the span.
      client_id: [
        { field: [attribute('enduser.id'), attribute('user.id')], when: { kind: SERVER } },
        {
          field: [attribute('gen_ai.agent.id'), 'resource."gen_ai.agent.id"', 'resource."service.name"'],
          when: { kind: { not: SERVER } },
        },
      ],
    },
    proof: [{ is: 'declared' }],
    result: [
      { field: attribute('http.response.status_code'), rejected: [401, 407], denied: [403], error: ['4xx', '5xx'] },
      { field: attribute('rpc.response.status_code'), denied: ['-32003'], error: ['-*'] },
      {
        field: attribute('error.type'),
        rejected: [401, '*Authentication*', '*Unauthorized*', '*Unauthenticated*'],
        denied: [403, '*PermissionDenied*', '*Forbidden*', '*AccessDenied*'],
        else: 'error',
      },
      { field: 'status.code', error: [2, 'STATUS_CODE_ERROR'] },
    ],
    source_ip: { field: attribute('client.address'), when: { kind: SERVER } },
    client: attribute('user_agent.original'),
    service: [attribute('server.address'), attribute('gen_ai.provider.name'), attribute('gen_ai.system')],
    trace_id: 'traceId',
    session: [attribute('gen_ai.conversation.id'), attribute('mcp.session.id'), attribute('session.id')],
    cases: [
      ...codingAgents,
      {
        when: { [METHOD]: { exists: true } },
        action: [
          `{${METHOD}} {${TOOL}}`,
          `{${METHOD}} {path(${attribute('mcp.resource.uri')})}`,
          `{${METHOD}} {${attribute('gen_ai.prompt.name')}}`,
          `{${METHOD}}`,
        ],
      },
      {
        when: { signal: 'span' },
        action: [
          `{${OPERATION}} {${TOOL}}`,
          `{${OPERATION}} {${MODEL}}`,
          `{${OPERATION}} {${attribute('gen_ai.agent.name')}}`,
          `{${OPERATION}}`,
          `{'chat'} {${MODEL}}`,
        ],
        tokens_in: {
          field: [attribute('gen_ai.usage.input_tokens'), attribute('gen_ai.usage.prompt_tokens')],
          when: isCall,
        },
        tokens_out: {
          field: [attribute('gen_ai.usage.output_tokens'), attribute('gen_ai.usage.completion_tokens')],
          when: isCall,
        },
      },
    ],
  },
  {
    proof: 'nothing: a span is what its sender says, and so declared; 401 is rejected',
    about: {
      switchOn:
        "the Collector's `file` exporter in JSON, or `otlp_json` on Kafka; Claude Code: `CLAUDE_CODE_ENABLE_TELEMETRY=1`, `OTEL_LOGS_EXPORTER=otlp`; Codex: `[otel]` in its configuration; Gemini CLI: `telemetry`",
      cannotTell:
        'whether a name is true; what a server and its client both write is counted twice; a batch of one resource above 16 MiB',
      evidence:
        'recorded: Collector 0.165 and JavaScript SDK; coding agents documented: Claude Code, Codex and Gemini CLI, 2026',
    },
    knownBy: [],
    batches: otlpBatches,
  },
);

const KEYS = ['resourceSpans', 'resourceLogs', 'scopeSpans', 'scopeLogs'];

/**
 * OpenTelemetry's generative AI and MCP conventions in OTLP/JSON, each line or file what was exported at a time: model or tool is the action. Other
 * spans are ignored. Coding agents tell of themselves as events in logs.
 */
export const openTelemetry: Format = {
  ...records,
  detect: (lines) => fractionOfObjects(lines, (record) => KEYS.some((key) => Array.isArray(record[key]))),
};
