import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { builtIn, formatOf, parseAll, readAs, told } from './records.ts';

/** A token that nobody has. */
const TOKEN = ['ghp', `${'aB3dE6gH9jK2mN5pQ8sT'.repeat(2).slice(0, 36)}`].join('_');

describe('Redis: what was refused', () => {
  it('is that of the user, but of a failed login, which names whom somebody tried to be', () => {
    expect(told('redis-acl-log', 'redis-acl-log.json')).toEqual([
      'set denied verified agent-tools',
      'LOGIN rejected rejected agent-ghost',
      'LOGIN rejected rejected agent-billing',
      'config|get denied verified agent-billing',
      'get secrets:* denied verified agent-billing',
    ]);
  });

  const entry = {
    reason: 'key',
    object: 'a',
    username: 'b',
    'age-seconds': 1,
    'client-info': 'id=6 addr=[::1]:5 cmd=get x',
  };
  it('cannot be used where the server says no time, and has the address of IPv6, too', () => {
    expect(readAs('redis-acl-log', entry)).toMatchObject({ unusable: 'invalid-time' });
    expect(readAs('redis-acl-log', { ...entry, 'timestamp-created': 1_796_046_817_480 })).toMatchObject({
      action: 'get a',
      sourceIp: '::1',
    });
  });
});

describe('ClickHouse', () => {
  const row = (fields: object) =>
    readAs('clickhouse-query-log', {
      ...{
        type: 'QueryFinish',
        event_time_microseconds: '2026-11-02 10:00:00.123456',
        query_id: 'q',
        initial_query_id: 'q',
      },
      ...{
        query_start_time: '2026-11-02 10:00:00',
        query: 'SELECT * FROM shop.orders WHERE id = 7',
        user: 'agent_billing',
      },
      ...{
        is_initial_query: 1,
        exception_code: 0,
        address: '::ffff:10.1.0.5',
        result_rows: '3',
        result_bytes: '24',
        written_rows: '0',
      },
      ...fields,
    });

  it('has verb, table, rows, bytes, address and user', () => {
    expect(row({})).toMatchObject({
      ...{ time: Date.UTC(2026, 10, 2, 10, 0, 0, 123), action: 'SELECT shop.orders', rows: 3, bytes: 24 },
      ...{ sourceIp: '10.1.0.5', result: 'success', proof: { state: 'verified' } },
    });
  });

  it.each([
    [{ type: 'ExceptionBeforeStart', exception_code: 497 }, 'denied'],
    [{ type: 'ExceptionBeforeStart', exception_code: 516 }, 'rejected'],
    [{ type: 'ExceptionWhileProcessing', exception_code: 241 }, 'error'],
    [{ type: 3, exception_code: undefined, exception: 'Code: 291, e.displayText() = DB::Exception' }, 'denied'],
    [{ type: 3, exception_code: undefined, exception: 'Code: 516. DB::Exception: wrong' }, 'rejected'],
    [{ type: 4, exception_code: undefined }, 'error'],
  ])('%j is %s', (fields, result) => {
    expect(row(fields)).toMatchObject({ result });
  });

  it('counts a query once', () => {
    expect(row({ type: 'QueryStart' })).toEqual({ ignored: 'query-start' });
    expect(row({ is_initial_query: 0 })).toEqual({ ignored: 'part-of-a-query' });
  });

  it('shows no literal, and no secret in one', () => {
    const text = JSON.stringify(row({ query: `SELECT * FROM t WHERE token = '${TOKEN}'` }));
    expect(text).not.toContain(TOKEN.slice(0, 12));
  });
});

describe('an MCP server of one’s own', () => {
  const call = (fields: object) =>
    readAs('mcp-server', {
      time: '2026-11-02T10:00:00Z',
      event: 'tool_call',
      tool: 'refund',
      outcome: 'ok',
      ...fields,
    });
  it.each([
    [{ client_id: 'a', jti: 't' }, 'success', 'verified'],
    [{ client_id: 'a' }, 'success', 'declared'],
    [{ sub: 'a', outcome: 'denied' }, 'denied', 'verified'],
    [{ client_id: 'a', outcome: 'rejected' }, 'rejected', 'rejected'],
    [{ client_id: null, client_ip: '10.1.0.5' }, 'success', 'unproven'],
  ])('%j is %s, %s', (fields, result, state) => {
    expect(call(fields)).toMatchObject({ action: 'tools/call refund', result, proof: { state } });
  });
  it('without a time cannot be used', () => {
    expect(call({ time: undefined })).toMatchObject({ unusable: 'invalid-time' });
  });
});

describe('what vendors export', () => {
  it.each([
    ['openai-audit', 'login.failed', 'user-ana'],
    ['anthropic-compliance', 'magic_link_login_failed', 'ana@example.com'],
  ])('%s: whom somebody tried to be is nobody', (id, action, name) => {
    const all = told(id, `${id}.json`);
    expect(all).toContain(`${action} rejected rejected ${name}`);
    expect(all.filter((line) => !line.startsWith(action)).every((line) => line.includes('success verified'))).toBe(
      true,
    );
  });

  it('Anthropic: an actor of a kind that is not known is not proven', () => {
    expect(
      readAs('anthropic-compliance', {
        ...{ id: 'a', created_at: '2026-11-02T10:00:00Z', type: 'x', actor: { type: 'new_actor', user_id: 'u' } },
      }),
    ).toMatchObject({ proof: { state: 'unproven' } });
  });

  it('usage: tokens of a key and a model, at the time of the bucket around them', () => {
    expect(
      parseAll(builtIn('usage-report'), page([{ api_key_id: 'key_7', model: 'm', input_tokens: 5, output_tokens: 2 }])),
    ).toMatchObject([
      {
        ...{ time: 1_796_045_100_000, action: 'use m', spent: { inputTokens: 5, outputTokens: 2 } },
        ...{ identities: [{ key: 'credential_id', value: 'key_7' }], proof: { state: 'verified' } },
      },
    ]);
  });

  it('usage that is of no key is nobody’s', () => {
    expect(parseAll(builtIn('usage-report'), page([{ api_key_id: null, input_tokens: 5 }]))).toMatchObject([
      { identities: [], proof: { state: 'unproven' } },
    ]);
    expect(parseAll(builtIn('usage-report'), page([]))).toEqual([{ ignored: 'nothing-used' }]);
  });

  const page = (results: object[]): Buffer => {
    const bucket = { object: 'bucket', start_time: 1_796_045_100, end_time: 1_796_045_160, results };
    return Buffer.from(JSON.stringify({ object: 'page', data: [bucket], has_more: false, next_page: null }));
  };
});

describe('Entra: service principals', () => {
  it('are proven by a sign-in that succeeded, or that was refused once the credential was right', () => {
    const states = told('entra-service-principals', 'entra-service-principals.jsonl').map((line) =>
      line.replace(/ [\d-]{36}/g, ''),
    );
    expect(states).toEqual([
      'sign-in Microsoft Graph success verified',
      'sign-in Microsoft Graph rejected rejected',
      'sign-in Microsoft Graph denied verified',
      'sign-in Vault rejected rejected',
    ]);
  });
  it('without a result nobody is proven', () => {
    const record = { createdDateTime: '2026-11-02T10:00:00Z', servicePrincipalId: 's', appId: 'a' };
    expect(readAs('entra-service-principals', record)).toMatchObject({ proof: { state: 'rejected' } });
  });
});

describe('what platforms keep of logins and of what came after', () => {
  it.each([
    [
      'auth0-logs',
      [
        'seccft https://api.example.com success verified app-billing',
        'feccft https://api.example.com rejected rejected app-billing',
        'fp rejected rejected web auth0|ana',
        'cls success unproven web auth0|ana',
      ],
    ],
    [
      'databricks-audit',
      [
        'unityCatalog:getTable success verified 22222222-0000-0000-0000-000000000001',
        'secrets:getSecret denied verified 22222222-0000-0000-0000-000000000001',
        'accounts:tokenLogin rejected rejected 22222222-0000-0000-0000-000000000001',
        'databrickssql:executeQuery success verified ana@example.com',
      ],
    ],
    [
      'snowflake-history',
      [
        'LOGIN success verified BILLING_AGENT',
        'LOGIN rejected rejected BILLING_AGENT',
        'SELECT shop.orders success verified BILLING_AGENT',
        'DROP TABLE shop.orders denied verified BILLING_AGENT',
      ],
    ],
    [
      'teleport-audit',
      [
        'db.session.start orders success verified bot-billing',
        'SELECT shop.orders success verified bot-billing',
        'db.session.start payroll denied verified bot-billing',
        'GET /api/v1/namespaces/a/secrets denied verified bot-billing',
        'user.login rejected rejected ana',
      ],
    ],
  ])('%s', (id, uses) => {
    expect(told(id, `${id}.jsonl`)).toEqual(uses);
  });
});

describe('documents that others made of logs', () => {
  it('OCSF: verified of CloudTrail, declared of other products, rejected where authentication failed', () => {
    const found = told('ocsf', 'ocsf.jsonl').map((line) => line.split(' ').slice(0, 3).join(' '));
    expect(found.slice(0, 4)).toEqual([
      's3:GetObject success verified',
      's3:GetObject denied verified',
      'sts:GetCallerIdentity rejected rejected',
      'orders.list success declared',
    ]);
  });
  it('ECS: a hit of a search is its document; nothing is verified', () => {
    expect(told('ecs', 'ecs.jsonl')).toEqual([
      'GET /v1/orders/{id} success declared billing',
      'GET /v1/orders/{id} rejected rejected billing',
      'logon-failed rejected rejected billing',
      'CreateUser error declared billing',
    ]);
  });
});

describe('where agents go', () => {
  it('Squid: the host; nobody on a 407, where the name was claimed, and nobody who was refused before he was asked', () => {
    const all = told('squid', 'squid-access.log').map((line) => line.replace(/127.0.0.1:\d+/, 'HOST'));
    expect(all).toEqual([
      'GET HOST success verified agent-billing',
      'GET HOST success verified agent-billing',
      'GET HOST rejected rejected agent-billing',
      'GET HOST rejected rejected agent-ghost',
      'GET HOST rejected rejected',
      'GET HOST denied unproven',
      'GET HOST denied unproven',
      'POST HOST success verified agent-billing',
      'GET HOST rejected rejected x agent-billing y',
      'CONNECT HOST success verified agent-billing',
      'CONNECT HOST rejected rejected agent-billing',
    ]);
  });

  it.each(['     7', '   812', '123456', '12345678'])('Squid: the address behind "%s" milliseconds', (elapsed) => {
    const name = 'x      9 198.51.100.9 TCP_MISS/200 1 GET http://evil/ y';
    const line = `1796047121.808 ${elapsed} 10.1.0.5 TCP_DENIED/407 456 GET http://a.example/b?c ${name} HIER_NONE/- text/html`;
    expect(readAs('squid', line)).toMatchObject({ sourceIp: '10.1.0.5', action: 'GET a.example', result: 'rejected' });
  });

  it('Squid: a 401 is that of the server behind it', () => {
    const line =
      '1796047121.808      3 10.1.0.5 TCP_MISS/401 456 GET http://a.example/ billing HIER_DIRECT/192.0.2.1 -';
    expect(readAs('squid', line)).toMatchObject({ result: 'error', proof: { state: 'verified' } });
  });

  it('VPC flow logs: destination and port; an answer has the port that was asked', () => {
    expect(told('vpc-flow-logs', 'vpc-flow-logs.log')).toEqual([
      'connect 203.0.113.9:443 success verified eni-0a1b',
      'answer from port 443 success verified eni-0a1b',
      'connect 198.51.100.7:22 denied verified eni-0a1b',
    ]);
  });

  it('DNS: the name; a blocked one is denied', () => {
    expect(told('route53-resolver', 'route53-resolver.jsonl')).toEqual([
      'resolve api.example.com. success verified i-0a1b',
      'resolve nowhere.example. error verified i-0a1b',
      'resolve evil.example. denied verified i-0a1b',
    ]);
  });
});

describe('a secret that stands where a name should', () => {
  it.each([
    ['squid', `1796047121.808      3 10.1.0.5 TCP_MISS/200 4 GET http://a/ ${TOKEN} HIER_DIRECT/1 -`],
    ['mcp-server', { time: '2026-11-02T10:00:00Z', event: 'tool_call', tool: TOKEN, client_id: TOKEN, outcome: 'ok' }],
    ['openai-audit', { effective_at: 1_796_045_100, type: 'a.b', actor: { type: 'api_key', api_key: { id: TOKEN } } }],
    [
      'route53-resolver',
      { query_timestamp: '2026-11-02T10:00:00Z', query_name: TOKEN, rcode: 'NOERROR', srcaddr: '10.1.0.5' },
    ],
  ])('%s: is in no field, and is told', (id, record) => {
    const parsed = readAs(id, record);
    expect(JSON.stringify(parsed)).not.toContain(TOKEN.slice(0, 12));
    expect(parsed).toMatchObject({
      leaks: expect.arrayContaining([expect.objectContaining({ kind: 'github-token' })]),
    });
  });
});

it('none of these logs is taken for another, with every format there is to choose from', () => {
  const logs = {
    'redis-acl-log.json': 'redis-acl-log',
    'squid-access.log': 'squid',
    'vpc-flow-logs.log': 'vpc-flow-logs',
  };
  for (const [log, id] of Object.entries(logs)) expect(formatOf(log, formats.toReversed())?.id).toBe(id);
});

describe('files on a host', () => {
  const call = (syscall: object, paths: readonly string[]) =>
    readAs('auditd', {
      ...{ ID: '1793613600.123:7', NODE: 'agents-1', PATH: paths.map((name, item) => ({ item, name })) },
      SYSCALL: {
        syscall: 257,
        SYSCALL: 'openat',
        success: 'yes',
        exit: 3,
        UID: 'agent',
        exe: '/usr/bin/cat',
        ...syscall,
      },
    });

  it('is what the kernel says that a user opened, made or ran', () => {
    expect(call({}, ['/srv/reports/may.csv'])).toMatchObject({
      ...{ action: 'file:/srv/reports/may.csv', result: 'success', time: 1_793_613_600_123, client: '/usr/bin/cat' },
      identities: [{ key: 'credential_id', value: 'agent' }],
      proof: { state: 'verified' },
    });
    expect(call({}, ['/srv/reports', '/srv/reports/new.csv'])).toMatchObject({ action: 'file:/srv/reports/new.csv' });
    expect(call({ SYSCALL: 'execve' }, ['/usr/bin/cat', '/lib64/ld.so'])).toMatchObject({
      action: 'exec:/usr/bin/cat',
    });
  });

  it('is denied, or failed, as the kernel answered', () => {
    expect(call({ success: 'no', exit: -13 }, ['/etc/shadow'])).toMatchObject({ result: 'denied' });
    expect(call({ success: 'no', exit: -2 }, ['/srv/none'])).toMatchObject({ result: 'error' });
  });

  it('has nothing without a call, such as the end of a service', () => {
    expect(readAs('auditd', { ID: '1793613600.123:8', SERVICE_STOP: { pid: 1 } })).toMatchObject({
      ignored: 'server-line',
    });
  });

  it('of an MCP server of files is the path that it has resolved', () => {
    const line = { time: '2026-11-02T10:00:00Z', event: 'tool_call', tool: 'read_file', sub: 'agent', outcome: 'ok' };
    expect(readAs('mcp-server', { ...line, file: '/srv/reports/may.csv' })).toMatchObject({
      action: 'file:/srv/reports/may.csv',
    });
    expect(readAs('mcp-server', line)).toMatchObject({ action: 'tools/call read_file' });
  });
});
