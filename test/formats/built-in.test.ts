import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { parseAll, parseOne, sample, sampleLines } from './records.ts';

const of = (id: string) => {
  const format = formatById(id);
  if (format === undefined) throw new Error(`no format ${id}`);
  return format;
};
const read = (id: string, record: object) => parseOne(of(id), JSON.stringify(record));
/** What an analyst needs of each event: action, result, proof, who. */
const told = (id: string, log: string): string[] =>
  parseAll(of(id), sample(log))
    .filter(isEvent)
    .map(({ action, result, proof, identities }) =>
      [action, result, proof.state, ...identities.map(({ value }) => value)].join(' '),
    );

describe('a recorded log is known without being named', () => {
  it.each([
    ['traefik-access.jsonl', 'traefik'],
    ['kube-audit.jsonl', 'kubernetes-audit'],
    ['caddy-authentication.jsonl', 'caddy'],
    ['litellm.jsonl', 'litellm'],
    ['mariadb-server_audit.log', 'mariadb-audit'],
    ['envoy-access.jsonl', 'envoy'],
    ['keycloak-events.jsonl', 'keycloak-events'],
    ['kafka-authorizer.log', 'kafka-authorizer'],
    ['contextforge-permissions.jsonl', 'contextforge-permissions'],
  ])('%s is %s', (log, id) => {
    expect(detectFormat(sampleLines(log), formats)?.id).toBe(id);
  });
});

describe('a request is the same, however a client writes it', () => {
  it.each([
    ['caddy', 'caddy-access.jsonl'],
    ['traefik', 'traefik-access.jsonl'],
    ['envoy', 'envoy-access.jsonl'],
  ])('%s', (id, log) => {
    const line = sampleLines(log).find((text) => /"GET"/.test(text) && /"\/\w/.test(text)) ?? '';
    const plain = parseOne(of(id), line);
    const evaded = parseOne(
      of(id),
      line.replaceAll('"GET"', '"get"').replaceAll(/"\/(?=\w)/g, '"/v1/orders;/.%2e/../'),
    );
    expect(isEvent(plain) && isEvent(evaded) && [evaded.action, evaded.path]).toEqual(
      isEvent(plain) && [plain.action, plain.path],
    );
  });
});

describe('who was authenticated', () => {
  it('Caddy: only whom `user_id` names', () => {
    const all = told('caddy', 'caddy-authentication.jsonl');
    expect(all.filter((line) => line.includes('verified'))).toEqual([
      'GET /basic/report success verified agent-billing',
      'GET /basic/report denied verified agent-tools',
    ]);
    expect(all.filter((line) => line.includes('claimed')).every((line) => line.endsWith('unproven'))).toBe(true);
  });

  it('Traefik: nobody on a 401, where the name was claimed', () => {
    expect(told('traefik', 'traefik-access.jsonl').filter((line) => line.includes('agent-'))).toEqual([
      'GET /basic/report success verified agent-billing',
      'GET /basic/report rejected rejected agent-billing',
      'GET /basic/report rejected rejected agent-ghost',
      'GET /basic/report success verified agent-tools',
    ]);
  });

  it('Keycloak: nobody of an event with an error; of a token that a gateway asks about, the client that it was issued for', () => {
    const all = told('keycloak-events', 'keycloak-events.jsonl');
    expect(all.filter((line) => line.includes('_ERROR')).every((line) => line.includes('rejected rejected'))).toBe(
      true,
    );
    expect(all.filter((line) => /^(?:CLIENT_LOGIN|INTROSPECT_TOKEN) /.test(line))).toEqual([
      'CLIENT_LOGIN success verified agent-billing 65f19bec-b3af-4513-9f27-69b8f9a2d8fc',
      'INTROSPECT_TOKEN success verified agent-billing 65f19bec-b3af-4513-9f27-69b8f9a2d8fc',
      'CLIENT_LOGIN success verified agent-billing 65f19bec-b3af-4513-9f27-69b8f9a2d8fc',
      'INTROSPECT_TOKEN success verified agent-billing 65f19bec-b3af-4513-9f27-69b8f9a2d8fc',
      'INTROSPECT_TOKEN success verified agent-billing 65f19bec-b3af-4513-9f27-69b8f9a2d8fc',
    ]);
    expect(all).toContain('ACTION CLIENT success verified b6356cda-a3e1-42ce-8b32-0b1e031ada24');
  });

  it("Keycloak: what a client puts into an event's details is never whom it names", () => {
    const message =
      'type="LOGIN", realmId="1", realmName="agents", clientId="app", userId="7", ipAddress="10.0.0.1", redirect_uri="x", clientId="agent-billing", userId="8"';
    const record = {
      timestamp: '2026-11-29T20:43:13.020871446Z',
      loggerClassName: 'org.jboss.logging.Logger',
      loggerName: 'org.keycloak.events',
      message,
      client: 'agent-billing',
      'service.name': 'keycloak',
    };
    expect(read('keycloak-events', record)).toMatchObject({
      identities: [
        { key: 'client_id', value: 'app' },
        { key: 'jwt_sub', value: '7' },
      ],
    });
  });

  it("Kafka: a principal of its authorizer, in whatever layout; a broker's other lines are no use", () => {
    const line = (text: string) => parseOne(of('kafka-authorizer'), text);
    const rest =
      'Principal = User:agent-billing is Denied operation = WRITE from host = 10.0.0.7 on resource = Topic:LITERAL:a is b for request = Produce with resourceRefCount = 1';
    expect(line(`[2026-11-02 10:00:00,349] INFO ${rest} (kafka.authorizer.logger)`)).toMatchObject({
      time: Date.UTC(2026, 10, 2, 10),
      action: 'WRITE Topic:a is b',
      result: 'denied',
      sourceIp: '10.0.0.7',
      identities: [{ key: 'client_id', value: 'agent-billing' }],
    });
    const anonymous = rest.replace('agent-billing', 'ANONYMOUS');
    expect(line(`2026-11-02T10:00:00.349Z INFO kafka.authorizer.logger - ${anonymous}`)).toMatchObject({
      identities: [],
      proof: { state: 'unproven' },
    });
    expect(line('2026-11-02T10:00:00.349Z WARN kafka.server - Principal of nobody')).toEqual({
      ignored: 'server-line',
    });
  });

  it('Kubernetes: a user other than system:anonymous, with the id of its token', () => {
    const all = told('kubernetes-audit', 'kube-audit.jsonl');
    expect(all).toContain(
      'get agents/secrets denied verified 33f07bbb-6ed7-481c-bfd2-0f90c1eb9141 system:serviceaccount:agents:billing',
    );
    expect(all.filter((line) => line.endsWith('rejected rejected'))).toHaveLength(4);
    expect(all).toContain('list agents/configmaps denied unproven');
  });

  it('LiteLLM: not the hash of a key that was only claimed', () => {
    const all = told('litellm', 'litellm.jsonl');
    expect(all.filter((line) => line.includes('verified')).every((line) => /billing-key|tools-key/.test(line))).toBe(
      true,
    );
    expect(all.filter((line) => line.includes('rejected'))).toHaveLength(1);
    expect(all.join()).not.toContain('end-user');
  });

  it('MariaDB: whoever sent a statement, and nobody who failed to connect', () => {
    const all = told('mariadb-audit', 'mariadb-server_audit.log');
    expect(all).toContain('DELETE appdb.customers denied verified agent_a');
    expect(all.filter((line) => line.startsWith('LOGIN')).every((line) => line.includes('rejected rejected'))).toBe(
      true,
    );
  });

  const kong = {
    request: { method: 'GET', uri: '/x' },
    response: { status: 200 },
    latencies: {},
    started_at: 1793613600000,
  };
  it.each([
    ['kong', { ...kong, consumer: { id: 'c', username: 'billing' } }, 'verified'],
    ['kong', { ...kong, request: { ...kong.request, headers: { 'x-consumer-username': 'billing' } } }, 'unproven'],
    ['kong', { ...kong, response: { status: 401 } }, 'rejected'],
    [
      'envoy',
      { start_time: '2026-11-02T10:00:00Z', method: 'GET', path: '/', response_code: 200, credential: 'a' },
      'unproven',
    ],
    ['mysql-audit', mysql('Query', 1142), 'verified'],
    ['mysql-audit', mysql('Connect', 1045), 'rejected'],
    ['okta-system-log', okta('SUCCESS'), 'verified'],
    ['okta-system-log', okta('FAILURE'), 'rejected'],
    ['aws-cloudtrail', trail({ errorCode: 'AccessDenied' }), 'verified'],
    ['aws-cloudtrail', trail({ errorCode: 'InvalidClientTokenId' }), 'rejected'],
    ['aws-cloudtrail', trail({ responseElements: { ConsoleLogin: 'Failure' } }), 'rejected'],
  ])('%s %j is %s', (id, record, state) => {
    expect(read(id, record)).toMatchObject({ proof: { state } });
  });
});

function mysql(name: string, status: number): object {
  const timestamp = '2026-11-02T10:00:00 UTC';
  return {
    audit_record: {
      name,
      timestamp,
      status,
      sqltext: 'select * from `a`.`b`',
      user: 'billing[billing] @ db [10.1.0.5]',
    },
  };
}

function okta(result: string): object {
  return {
    published: '2026-11-02T10:00:00Z',
    eventType: 'user.session.start',
    actor: { id: 'a', type: 'User' },
    outcome: { result },
  };
}

function trail(more: object): object {
  const userIdentity = { type: 'IAMUser', arn: 'arn:aws:iam::1:user/b', accessKeyId: 'AKIAEXAMPLE00000000B' };
  return {
    eventVersion: '1.08',
    eventTime: '2026-11-02T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    userIdentity,
    ...more,
  };
}

it('CloudTrail in a file, an event of EventBridge and what the CLI gives are the same record', () => {
  const record = trail({});
  const texts = [
    JSON.stringify({ Records: [record] }),
    JSON.stringify({
      version: '0',
      id: '1',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.s3',
      detail: record,
    }),
    JSON.stringify({ Events: [{ EventId: '1', EventName: 'GetObject', CloudTrailEvent: JSON.stringify(record) }] }),
  ];
  for (const text of texts)
    expect(parseAll(of('aws-cloudtrail'), Buffer.from(text))).toMatchObject([
      { action: 's3:GetObject', result: 'success' },
    ]);
});

it('tokens and cost of a model are counted', () => {
  const [first] = parseAll(of('litellm'), sample('litellm.jsonl'));
  expect(first).toMatchObject({ action: 'acompletion m1', spent: { inputTokens: 5, outputTokens: 1 } });
});

describe('MariaDB', () => {
  const line = (rest: string) => parseOne(of('mariadb-audit'), `20261102 10:00:00,db,billing,10.1.0.5,1,2,${rest}`);
  it.each([
    ["QUERY,shop,'select * from `orders` where n=\\'a,b\\'',0", 'SELECT shop.orders', 'success'],
    ["QUERY,shop,'select * from other.orders',1142", 'SELECT other.orders', 'denied'],
    ["QUERY,,'select 1',0", 'SELECT', 'success'],
    ["QUERY,shop,'insert into t values(\\'x\\',1)',1062", 'INSERT shop.t', 'error'],
    ['FAILED_CONNECT,,,1045', 'LOGIN', 'rejected'],
  ])('%s', (rest, action, result) => {
    const parsed = line(rest);
    expect(parsed).toMatchObject({ action, result, identities: [{ key: 'db_user', value: 'billing' }] });
    expect(JSON.stringify(parsed)).not.toContain('a,b');
  });
  it('a secret for a database is in no field', () => {
    const secret = ['npm', 'JfUYF9MylMCHVURzSCyUGRrmCU6EEG8EfSnc'].join('_');
    const parsed = line(`QUERY,${secret},'select * from orders',1044`);
    expect(JSON.stringify(parsed)).not.toContain(secret);
    expect(parsed).toMatchObject({ leaks: [{ field: 'service.name' }] });
  });
  it.each([
    ['READ,shop,orders,', { ignored: 'object-line' }],
    ['CONNECT,shop,,0', { ignored: 'connection-line' }],
    ["QUERY,shop,'select", { unusable: 'invalid-audit' }],
  ])('%s is no use', (rest, what) => {
    expect(line(rest)).toMatchObject(what);
  });
});

describe('the names of nginx’s variables', () => {
  const record = {
    remote_addr: '10.1.0.5',
    remote_user: 'billing',
    status: '200',
    time_local: '02/Nov/2026:10:00:00 +0000',
  };
  it('prove nobody unless the operator says so', () => {
    const parsed = read('nginx-variables', { ...record, request: 'GET /a/77 HTTP/1.1' });
    expect(parsed).toMatchObject({ action: 'GET /a/{id}', proof: { state: 'unproven' } });
    expect(read('nginx-variables', { ...record, request_method: 'GET', request_uri: '/a/77?b=1' })).toMatchObject({
      action: 'GET /a/{id}',
    });
  });
});
