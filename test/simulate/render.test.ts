import { describe, expect, test } from 'vitest';
import type { CredentialUse, Result } from '../../src/event.ts';
import { isEvent } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { type Render, renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { nginxCombined, nginxJson } from '../../src/simulate/render-nginx.ts';
import { pgauditCsv, pgauditJson, pgauditStderr } from '../../src/simulate/render-pgaudit.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { call, http, type SimulatedUse, sql, type Template, vault } from '../../src/simulate/use.ts';

const TIME = Date.UTC(2026, 10, 23, 12, 3, 18, 624);
const random = () => seeded('render');

const use = (template: Template, changed: Partial<SimulatedUse> = {}): SimulatedUse => ({
  ...call(template, seeded('call')),
  time: TIME,
  result: 'success',
  ip: '10.4.1.9',
  client: 'agent-a/1.0',
  identity: 'agent_a',
  session: 'run-42',
  endsSession: false,
  ...changed,
});

const keys = (line: string | undefined): string => Object.keys(JSON.parse(line ?? '{}')).join(' ');
const lines = (render: Render, ...uses: SimulatedUse[]): string[] => renderLog(uses, render);

/** What Wayward's own parser makes of the lines. */
function events(format: string, list: readonly string[]): CredentialUse[] {
  const parser = formatById(format)?.parser({ redactor: createRedactor(Buffer.alloc(32, 1)) });
  if (parser === undefined) throw new RangeError(format);
  const parsed = list.map((line) => parser.parse(Buffer.from(line), 0, Buffer.byteLength(line)));
  expect(parsed.filter((result) => 'unusable' in result)).toEqual([]);
  return parsed.filter(isEvent);
}

const ORDER = http('GET /v1/orders/{id}?fields=total', 900);
const SELECT = sql('public.customers', 'SELECT name,email FROM customers WHERE id=$1', 1);
const SECRET = vault('read', 'secret/data/agent-a/db');
const RESULTS: readonly Result[] = ['success', 'error', 'denied', 'rejected'];

describe('nginx', () => {
  test('JSON lines have the fields of the log_format, in its order and types', () => {
    const [line = ''] = lines(nginxJson(random()), use(ORDER));
    expect(keys(line)).toBe(
      'time msec request_id remote_addr credential method uri args status body_bytes_sent request_length request_time upstream_response_time user_agent trace_id session',
    );
    expect(line).toMatch(
      /^\{"time":"2026-11-23T12:03:18\+00:00","msec":"1795435398\.624","request_id":"[0-9a-f]{32}",/,
    );
    expect(line).toMatch(/"status":200,"body_bytes_sent":\d+,"request_length":\d+,"request_time":\d\.\d{3},"upstream/);
  });

  test('combined lines say the same without the credential', () => {
    const odd = use(ORDER, { client: 'weird "ua" \\ ü', bytes: 20_064 });
    const [line = ''] = lines(nginxCombined, odd);
    expect(line).toMatch(
      /^10\.4\.1\.9 - - \[23\/Nov\/2026:12:03:18 \+0000\] "GET \/v1\/orders\/\d+\?fields=total HTTP\/1\.1" 200 20064 "-" /,
    );
    expect(line).toContain('"weird \\x22ua\\x22 \\x5C \\xC3\\xBC"');
    expect(events('nginx-combined', [line])).toMatchObject([{ action: 'GET /v1/orders/{id}', result: 'success' }]);
  });

  test.each(RESULTS)('%s comes back as such', (result) => {
    const written = use(ORDER, { result, bytes: 160 });
    expect(events('nginx-json', lines(nginxJson(random()), written))).toMatchObject([
      { time: TIME, action: 'GET /v1/orders/{id}', result, bytes: 160, sourceIp: '10.4.1.9', client: 'agent-a/1.0' },
    ]);
  });

  test('logs no SQL', () => {
    expect(() => lines(nginxJson(random()), use(SELECT))).toThrow(TypeError);
  });
});

describe('PostgreSQL with pgaudit', () => {
  test('a session is a connection: received, authenticated, authorized, audit records, disconnection', () => {
    const uses = [use(SELECT), use(SELECT, { time: TIME + 900, endsSession: true })];
    const messages = lines(pgauditJson(random()), ...uses).map((line) => JSON.parse(line).message.split(/[ :]/)[0]);
    expect(messages).toEqual(['connection', 'connection', 'connection', 'AUDIT', 'AUDIT', 'disconnection']);
  });

  test('jsonlog has the keys of PostgreSQL 15 in its order, without the empty ones', () => {
    const list = lines(pgauditJson(random()), use(SELECT), use(SELECT, { time: TIME + 1, result: 'denied' }));
    expect(keys(list[0])).toBe(
      'timestamp pid remote_host remote_port session_id line_num ps session_start txid error_severity message backend_type query_id',
    );
    expect(keys(list[3])).toBe(
      'timestamp user dbname pid remote_host remote_port session_id line_num ps session_start vxid txid error_severity message application_name backend_type query_id',
    );
    expect(keys(list[4])).toBe(
      'timestamp user dbname pid remote_host remote_port session_id line_num ps session_start vxid txid error_severity state_code message statement application_name backend_type query_id',
    );
    expect(JSON.parse(list[3] ?? '')).toMatchObject({
      timestamp: '2026-11-23 12:03:18.624 UTC',
      line_num: 4,
      ps: 'SELECT',
    });
    expect(JSON.parse(list[3] ?? '').message).toMatch(
      /^AUDIT: SESSION,1,1,READ,SELECT,TABLE,public\.customers,"SELECT name,email FROM customers WHERE id=\$1",\d+,1$/,
    );
  });

  test('csvlog has 26 columns', () => {
    const record = lines(pgauditCsv(random()), use(sql('public.a', 'SELECT a FROM a', 1)))[3] ?? '';
    const columns = record.match(/("(?:[^"]|"")*"|[^,"]*)(,|$)/g)?.length ?? 0;
    expect(columns - 1).toBe(26); // the pattern also finds the empty end
    expect(record).toMatch(
      /,LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public\.a,SELECT a FROM a,<none>,1",,,,,,,,,"agent-a\/1\.0","client backend",,0$/,
    );
  });

  test('stderr has the prefix, two spaces after the label, tabs before continued lines, and the statement on its own', () => {
    const template = sql('public.a', 'SELECT a\nFROM a', 1);
    const text = lines(
      pgauditStderr(random()),
      use(template),
      use(template, { time: TIME + 1, result: 'denied' }),
    ).join('\n');
    expect(text).toMatch(
      /^2026-11-23 12:03:18\.6\d\d UTC \[\d+\] \[user=\[unknown\],db=\[unknown\],app=\[unknown\],client=10\.4\.1\.9,session=[0-9a-f]+\.[0-9a-f]+\] LOG: {2}connection received: /,
    );
    expect(text).toContain('SELECT,TABLE,public.a,"SELECT a\n\tFROM a",<none>,1');
    expect(text).toMatch(/ERROR: {2}permission denied for table a\n.*STATEMENT: {2}SELECT a\n\tFROM a$/);
  });

  test.each(['pgaudit-json', 'pgaudit-csv', 'pgaudit-stderr'])('%s: every result comes back as such', (format) => {
    const render = { 'pgaudit-json': pgauditJson, 'pgaudit-csv': pgauditCsv, 'pgaudit-stderr': pgauditStderr }[format];
    for (const result of RESULTS) {
      const written = use(SELECT, { result });
      const list = lines((render ?? pgauditJson)(random()), written);
      expect(events(format, list).filter((event) => event.uses === 1)).toMatchObject([
        { result, sourceIp: '10.4.1.9', identities: [{ key: 'db_user', value: 'agent_a' }] },
      ]);
    }
  });

  test('a join is one use of two relations, a COPY is counted by its rows, a dropped table brings its parts', () => {
    const join = sql('public.orders,public.customers', 'SELECT 1 FROM orders o JOIN customers c ON true', 4);
    const copy = use(sql('public.cards', 'COPY (SELECT * FROM cards) TO STDOUT', 1), { rows: 48_000, time: TIME + 10 });
    const drop = use(sql('public.cards', 'DROP TABLE cards', 0), { time: TIME + 20 });
    const messages = lines(pgauditJson(random()), use(join), copy, drop)
      .map((line) => JSON.parse(line).message)
      .filter((message) => message.startsWith('AUDIT'))
      .map((message) => message.split(',').slice(1, 7).join(','));
    expect(messages).toEqual([
      '1,1,READ,SELECT,TABLE,public.orders',
      '1,1,READ,SELECT,TABLE,public.customers',
      '2,1,READ,SELECT,TABLE,public.cards',
      '2,2,READ,COPY,,',
      '3,1,DDL,DROP TABLE,TABLE,public.cards',
      '3,1,DDL,DROP TABLE,TABLE CONSTRAINT,cards_pkey on public.cards',
      '3,1,DDL,DROP TABLE,INDEX,public.cards_pkey',
    ]);
  });
});

describe('Vault', () => {
  const render = () => vaultAudit(random(), () => 'agent-a', '2026-11-01T00:00:00Z');

  test('a request and a response line with the keys of the recorded ones', () => {
    const [request, response] = lines(render(), use(SECRET));
    expect(keys(request)).toBe('auth request time type');
    expect(keys(response)).toBe('auth request response time type');
    expect(Object.keys(JSON.parse(response ?? '').request).join(' ')).toBe(
      'client_id client_token client_token_accessor headers id mount_accessor mount_class mount_point mount_running_version mount_type namespace operation path remote_address remote_port',
    );
    expect(Object.keys(JSON.parse(response ?? '').auth).join(' ')).toBe(
      'accessor client_token display_name metadata policies policy_results token_policies token_issue_time token_ttl token_type',
    );
    expect(JSON.parse(request ?? '').time).toMatch(/^2026-11-23T12:03:18\.624\d{1,6}Z$/);
  });

  test('a rejected request has neither auth nor accessor', () => {
    for (const line of lines(render(), use(SECRET, { result: 'rejected' }))) {
      expect(keys(line)).toMatch(/^error request/);
      expect(line).not.toContain('agent_a');
    }
  });

  test.each(RESULTS)('%s comes back as such, once', (result) => {
    expect(events('vault-audit', lines(render(), use(SECRET, { result })))).toMatchObject([
      { result, uses: 1, action: 'secret/data/agent-a/db:read', sourceIp: '10.4.1.9' },
    ]);
  });
});
