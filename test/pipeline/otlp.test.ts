import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { redactor, told } from '../formats/records.ts';
import { BytesSource } from './lines.ts';

type Value = { stringValue: string } | { intValue: number | string };
const text = (stringValue: string): Value => ({ stringValue });
const attributes = (values: Record<string, Value>) => Object.entries(values).map(([key, value]) => ({ key, value }));
const NS = 1_000_000_000;
const T = 1_793_613_600;

let spans = 0;
const span = (values: Record<string, Value>, more: object = {}) => ({
  traceId: '8a85ff1291cb5ee773a2d6d10bf43bd3',
  spanId: (++spans).toString(16).padStart(16, '0'),
  name: 'a span',
  kind: 3,
  startTimeUnixNano: `${T}000000000`,
  endTimeUnixNano: String(BigInt(T + spans) * BigInt(NS)),
  attributes: attributes(values),
  ...more,
});
const chat = (model: string, more: object = {}) =>
  span({ 'gen_ai.operation.name': text('chat'), 'gen_ai.request.model': text(model) }, more);
const of = (agent: string, ...all: object[]) => ({
  resource: { attributes: attributes({ 'service.name': text('s'), 'gen_ai.agent.id': text(agent) }) },
  scopeSpans: [{ scope: { name: 'gen_ai' }, spans: all }],
});
const batch = (...resourceSpans: object[]): string => JSON.stringify({ resourceSpans });

/** Who did what, as a source of these bytes is read, so many at a time; with the dead letters. */
const read = async (log: string, size = 65_536, restarts = false) => {
  const letters: DeadLetter[] = [];
  const options: LaneOptions = {
    detect: (lines, source) => detectFormat(lines, formats, source),
    formatById,
    context: { redactor },
    onDeadLetter: (letter) => letters.push(letter),
  };
  let lane = new Lane(new BytesSource('a.jsonl', log, size), options);
  const events: PendingUse[] = [];
  let reads = 1;
  while (lane.state !== 'ended') {
    const before = lane.save().position.offset;
    for (let at = 0; at < reads && lane.save().ended === false; at++) await lane.read(size, events, undefined);
    const saved = lane.save();
    if (!restarts || saved.ended) continue;
    // Where nothing could be given out yet, more has to be read.
    reads = saved.position.offset === before ? reads + 1 : 1;
    lane = new Lane(new BytesSource('a.jsonl', log, size, saved.position.offset), options);
    lane.load(saved);
  }
  const uses = events.map(({ use }) => [...use.identities.map(({ value }) => value), use.action].join(' '));
  const leaks = events.flatMap(({ use }) => use.leaks);
  return { uses, ids: events.map((event) => event.id()), letters, leaks };
};

describe('a batch of OTLP', () => {
  const log = `${batch(of('agent-a', chat('m1'), chat('m2')), of('agent-b', chat('m1')))}\n${batch(of('agent-c', chat('m1')))}\n`;
  const uses = ['agent-a chat m1', 'agent-a chat m2', 'agent-b chat m1', 'agent-c chat m1'];

  it.each([1, 7, 100, 65_536])(
    'is one use for each span, of its own resource, read %i bytes at a time',
    async (size) => {
      const { uses: found, ids, letters } = await read(log, size);
      expect(found).toEqual(uses);
      expect(new Set(ids).size).toBe(uses.length);
      expect(letters).toEqual([]);
    },
  );

  it.each([50, 400])('is the same where the reader starts anew after every %i bytes', async (size) => {
    const { uses: found, ids } = await read(log, size, true);
    expect(found).toEqual(uses);
    expect(ids).toEqual((await read(log)).ids);
  });

  it('shows no secret that an attribute holds, and tells of it', async () => {
    const secret = ['ghp', 'aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p'].join('_');
    const call = span({ 'gen_ai.request.model': text(secret), 'http.request.header.x-api-key': text('k-7Hq2vT9xLm4') });
    const { uses: found, leaks } = await read(`${batch(of('agent-a', call))}\n`);
    expect(found.join()).not.toContain(secret.slice(0, 12));
    expect(leaks.length).toBeGreaterThan(0);
  });

  it('within the lines of a container, too: each span has an id of its own', async () => {
    const lines = log.split('\n').filter((line) => line !== '');
    const wrapped = lines.map((line) => `2026-11-02T10:00:00.617850486Z stdout F ${line}\n`).join('');
    const { uses: found, ids } = await read(wrapped);
    expect(found).toEqual(uses);
    expect(new Set(ids).size).toBe(uses.length);
  });

  it('is read where it is written over many lines, and where the resource comes last', async () => {
    const turned = { scopeSpans: [{ spans: [chat('m1')] }], resource: of('agent-d').resource };
    expect((await read(JSON.stringify({ resourceSpans: [turned, of('agent-e', chat('m2'))] }, null, 2))).uses).toEqual([
      'agent-d chat m1',
      'agent-e chat m2',
    ]);
  });

  it('has no resource of the one before it', async () => {
    const without = { scopeSpans: [{ spans: [chat('m1')] }] };
    expect((await read(batch(of('agent-a', chat('m1')), without))).uses).toEqual(['agent-a chat m1', 'chat m1']);
  });

  it('may be longer than a record', async () => {
    const long = text('x'.repeat(4_000));
    const many = Array.from({ length: 500 }, (_, at) =>
      span({ 'gen_ai.request.model': text(`m${at % 3}`), prompt: long }),
    );
    const { uses: found, letters } = await read(
      `${batch(of('agent-a', ...many))}\n${batch(of('agent-b', chat('m1')))}\n`,
    );
    expect(letters).toEqual([]);
    expect(found).toHaveLength(501);
    expect(found.at(-1)).toBe('agent-b chat m1');
  });

  it('loses no span beside one that cannot be used, whose dead letter says where it stands', async () => {
    const bad = JSON.stringify(chat('m2', { endTimeUnixNano: 'soon' }));
    const before = batch(of('agent-a', chat('m1'), JSON.parse(bad) as object, chat('m3')));
    const { uses: found, letters } = await read(`${before}\n`);
    expect(found).toEqual(['agent-a chat m1', 'agent-a chat m3']);
    expect(letters).toMatchObject([{ reason: 'invalid-time', position: before.indexOf(bad), length: bad.length }]);
  });

  it('cannot be made to hold more than it does by what an agent writes into an attribute', async () => {
    const forged = batch(of('agent-b', chat('m9')));
    const value = {
      kvlistValue: { values: [{ key: 'scopeSpans', value: { scopeSpans: [{ spans: [chat('m9')] }] } }] },
    };
    const nested = chat('m1', {
      attributes: [...chat('m1').attributes, { key: 'x', value }],
      scopeSpans: [{ spans: [chat('m8')] }],
    });
    const { uses: found } = await read(`${batch(of('agent-a', chat('m1', { name: forged }), nested))}\n`);
    expect(found).toEqual(['agent-a chat m1', 'agent-a chat m1']);
  });
});

describe('what a span says', () => {
  const one = async (values: Record<string, Value>, more: object = {}) =>
    (await read(batch(of('agent-a', span(values, more))))).uses;

  it.each([
    ['an MCP tool', { 'mcp.method.name': text('tools/call'), 'gen_ai.tool.name': text('refund') }, 'tools/call refund'],
    [
      'an MCP resource, folded',
      { 'mcp.method.name': text('resources/read'), 'mcp.resource.uri': text('file:///orders/8812') },
      'resources/read file:///orders/{id}',
    ],
    ['a tool', { 'gen_ai.operation.name': text('execute_tool'), 'gen_ai.tool.name': text('sh') }, 'execute_tool sh'],
    ['an older convention', { 'gen_ai.system': text('x'), 'gen_ai.request.model': text('m') }, 'chat m'],
  ])('%s', async (_, values, action) => {
    expect(await one(values)).toEqual([`agent-a ${action}`]);
  });

  it.each([
    ['of HTTP', { 'http.request.method': text('GET') }, {}],
    [
      'of a whole run, whose calls have spans of their own',
      { 'gen_ai.operation.name': text('invoke_agent') },
      { kind: 1 },
    ],
    ['of the protocol', { 'mcp.method.name': text('initialize') }, {}],
  ])('is ignored where it is one %s', async (_, values, more) => {
    expect(await one(values, more)).toEqual([]);
  });

  it('of a server: the caller that it names, and never the server itself', async () => {
    const call = { 'mcp.method.name': text('tools/call') };
    expect(await one({ ...call, 'enduser.id': text('ana') }, { kind: 2 })).toEqual(['ana tools/call']);
    expect(await one(call, { kind: 'SPAN_KIND_SERVER' })).toEqual(['tools/call']);
  });
});

describe('coding agents', () => {
  it('are whose account it is: a call of the model with its tokens, a tool that ran, or that somebody stopped', () => {
    const [ana, ben, cat] = ['11111111-2222-3333-4444-555555555555', 'acct-7', 'cat@example.com'];
    expect(told('opentelemetry', 'otlp-coding-agents.jsonl')).toEqual([
      `chat m-large success declared ${ana}`,
      `execute_tool Bash success declared ${ana}`,
      `execute_tool Write denied declared ${ana}`,
      `execute_tool Read error declared ${ana}`,
      `chat m-large rejected rejected ${ana}`,
      `chat gpt-x success declared ${ben}`,
      `execute_tool shell denied declared ${ben}`,
      `execute_tool shell success declared ${ben}`,
      `chat gpt-x denied declared ${ben}`,
      `chat gm-pro success declared ${cat}`,
      `execute_tool run_shell_command success declared ${cat}`,
      `execute_tool write_file denied declared ${cat}`,
    ]);
  });
});
