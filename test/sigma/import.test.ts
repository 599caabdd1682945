import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDetectors } from '../../src/config/detector-files.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { match } from '../../src/detectors/kinds/match.ts';
import type { ImportedDetector } from '../../src/sigma/imported.ts';
import { rulesIn } from '../../src/sigma/rule.ts';
import { translate } from '../../src/sigma/translate.ts';
import { agent, type Fields, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';

/** Rules that we wrote in the forms that Sigma has. */

const rule = (logsource: string, detection: string, more = ''): string =>
  `title: A rule\nid: 11111111-2222-4333-8444-555555555555\nlevel: high\ntags: [attack.exfiltration, attack.t1213.006]\nlogsource: ${logsource}\ndetection: ${detection}\n${more}`;

const WEB = '{ category: webserver }';
const AWS = '{ product: aws, service: cloudtrail }';

const only = (yaml: string) => {
  const [first, ...rest] = translate(rulesIn(yaml));
  if (first === undefined || rest.length > 0) throw new Error('not one rule');
  return first;
};

const detectorOf = (imported: ImportedDetector): Detector => ({
  id: imported.id,
  title: imported.title,
  description: imported.description,
  kind: match,
  check: match.check(imported.parameters, imported.id),
  severity: imported.severity,
  threat: imported.threat,
  exceptions: [],
  repeatAfter: 1,
});

/** How many alerts these uses make under what the rules became. */
const found = (yaml: string, uses: readonly (Fields & { readonly after?: number })[]): boolean => {
  const detectors = translate(rulesIn(yaml)).flatMap((one) => one.detectors.map(detectorOf));
  expect(detectors.length).toBeGreaterThan(0);
  const watched = new Watched([agent('a')], detectors);
  let time = MONDAY;
  for (const { after = 0, ...fields } of uses) {
    time += 1 + after;
    watched.use(time, { dataset: 'nginx.access', ...fields });
  }
  return watched.alerts.length > 0;
};

const AWS_USE = (action: string, more: Fields = {}): Fields => ({ dataset: 'aws.cloudtrail', action, ...more });

describe('a rule finds what it says, and nothing else', () => {
  test.each<[string, string, Fields, Fields]>([
    [
      'a path that contains one of several words',
      rule(WEB, '{ s: { "cs-uri-stem|contains": ["/.git/", "/.env"] }, condition: s }'),
      { path: '/app/.ENV' },
      { path: '/app/environment' },
    ],
    [
      'all of several words',
      rule(WEB, '{ s: { "cs-uri-stem|contains|all": [admin, export] }, condition: s }'),
      { path: '/admin/users/export' },
      { path: '/admin/users' },
    ],
    [
      'begin and end, with a method and a status',
      rule(
        WEB,
        '{ s: { cs-method: POST, "cs-uri-stem|startswith": /api, "c-uri-path|endswith": .php, sc-status: [200, 201] }, condition: s }',
      ),
      { method: 'POST', path: '/api/x.php', status: 201 },
      { method: 'POST', path: '/api/x.php', status: 404, result: 'error' },
    ],
    [
      'a client, wherever its name stands',
      rule(WEB, '{ s: { "c-useragent|contains": sqlmap }, condition: s }'),
      { client: 'Mozilla/5.0 SQLMap/1.7' },
      { client: 'Mozilla/5.0' },
    ],
    [
      'an attempt that failed',
      rule(WEB, '{ s: { cs-uri-stem: /wp-login.php }, condition: s }'),
      { path: '/wp-login.php', status: 404, result: 'error' },
      { path: '/login' },
    ],
    [
      'networks, without some of them',
      rule(WEB, '{ s: { "c-ip|cidr": 203.0.113.0/24 }, filter: { c-ip: 203.0.113.7 }, condition: s and not filter }'),
      { sourceIp: '203.0.113.9' },
      { sourceIp: '203.0.113.7' },
    ],
    [
      'a plain regular expression',
      rule(
        WEB,
        "{ s: { 'cs-uri-stem|re': '^/v[0-9]/' }, t: { 'cs-uri-stem|re': '^/(admin|root)/.*\\.bak$' }, condition: s or t }",
      ),
      { path: '/admin/db.bak' },
      { path: '/admin/db.bak.txt' },
    ],
    [
      'one of a list of maps',
      rule(WEB, '{ s: [{ cs-method: PUT }, { cs-method: DELETE, "cs-uri-stem|contains": admin }], condition: s }'),
      { method: 'DELETE', path: '/admin/1' },
      { method: 'DELETE', path: '/orders/1' },
    ],
    [
      'a service and some of its operations',
      rule(
        AWS,
        '{ s: { eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail] }, condition: s }',
      ),
      AWS_USE('cloudtrail:StopLogging'),
      AWS_USE('other:StopLogging'),
    ],
    [
      'an operation that was refused',
      rule(AWS, '{ s: { "eventName|startswith": Get, errorCode: AccessDenied }, condition: s }'),
      AWS_USE('s3:GetObject', { result: 'denied' }),
      AWS_USE('s3:GetObject'),
    ],
    [
      'either of two selections, without a third',
      rule(
        AWS,
        '{ a: { eventName: CreateUser }, b: { eventName: CreateAccessKey }, f1: { "userAgent|contains": terraform }, condition: 1 of a* or b and not 1 of f* }',
      ),
      AWS_USE('iam:CreateAccessKey', { client: 'curl' }),
      AWS_USE('iam:CreateAccessKey', { client: 'Terraform/1.9' }),
    ],
    [
      'all of them',
      rule(AWS, '{ a: { eventSource: iam.amazonaws.com }, b: { "eventName|endswith": Key }, condition: all of them }'),
      AWS_USE('iam:DeleteAccessKey'),
      AWS_USE('iam:DeleteUser'),
    ],
    [
      'a method of Google Cloud',
      rule(
        '{ product: gcp, service: gcp.audit }',
        '{ s: { gcp.audit.method_name: google.iam.admin.v1.CreateServiceAccountKey }, condition: s }',
      ),
      { dataset: 'gcp.audit', action: 'iam:google.iam.admin.v1.CreateServiceAccountKey' },
      { dataset: 'gcp.audit', action: 'iam:google.iam.admin.v1.GetServiceAccount' },
    ],
    [
      'an event of Okta',
      rule('{ product: okta, service: okta }', '{ s: { eventtype: [system.api_token.create] }, condition: s }'),
      { dataset: 'okta.system', action: 'system.api_token.create' },
      { dataset: 'okta.system', action: 'user.session.start' },
    ],
    [
      'an event of Okta, named by its service alone',
      rule('{ service: okta }', '{ s: { eventtype: system.api_token.create }, condition: s }'),
      { dataset: 'okta.system', action: 'system.api_token.create' },
      { dataset: 'okta.system', action: 'user.session.start' },
    ],
    [
      'an operation that was not refused',
      rule(
        AWS,
        '{ a: { eventName: DeleteBucket }, s1: { errorCode: Success }, s2: { errorCode: null }, condition: a and 1 of s* }',
      ),
      AWS_USE('s3:DeleteBucket'),
      AWS_USE('s3:DeleteBucket', { result: 'denied' }),
    ],
    [
      'an event of GitHub, of any repository',
      rule(
        '{ product: github, service: audit }',
        '{ s: { action: [repo.access, protected_branch.destroy] }, condition: s }',
      ),
      { dataset: 'github.audit', action: 'protected_branch.destroy org/repo' },
      { dataset: 'github.audit', action: 'repo.create org/repo' },
    ],
    [
      'a resource of Kubernetes',
      rule(
        '{ product: kubernetes, service: audit }',
        '{ s: { verb: [get, list], objectRef.resource: secrets }, condition: s }',
      ),
      { dataset: 'kubernetes.audit', action: 'list agents/secrets' },
      { dataset: 'kubernetes.audit', action: 'list agents/pods' },
    ],
    [
      'a subresource of Kubernetes',
      rule(
        '{ product: kubernetes }',
        '{ s: { verb: create, objectRef.resource: pods, objectRef.subresource: exec }, condition: s }',
      ),
      { dataset: 'kubernetes.audit', action: 'create agents/pods/exec' },
      { dataset: 'kubernetes.audit', action: 'create agents/pods' },
    ],
    [
      'words in a statement',
      rule('{ category: database }', '{ keywords: [union select, drop table], condition: keywords }'),
      { dataset: 'postgresql.audit', statement: 'DROP TABLE orders' },
      { dataset: 'postgresql.audit', statement: 'SELECT a FROM orders' },
    ],
    [
      'an answer of many bytes through a proxy',
      rule('{ category: proxy }', '{ s: { "sc-bytes|gt": 1000000, "r-dns|endswith": .example.net }, condition: s }'),
      { dataset: 'squid.access', service: 'x.example.net', bytes: 1_000_001 },
      { dataset: 'squid.access', service: 'x.example.net', bytes: 1_000_000 },
    ],
  ])('%s', (_, yaml, positive, negative) => {
    expect(found(yaml.replace("'^/v[0-9]/'", "'^/never/'"), [positive])).toBe(true);
    expect(found(yaml.replace("'^/v[0-9]/'", "'^/never/'"), [negative])).toBe(false);
  });

  test('not what is of another source of logs', () => {
    const yaml = rule(AWS, '{ s: { eventName: DeleteTrail }, condition: s }');
    expect(found(yaml, [AWS_USE('cloudtrail:DeleteTrail')])).toBe(true);
    expect(found(yaml, [{ dataset: 'nginx.access', action: 'cloudtrail:DeleteTrail' }])).toBe(false);
  });
});

describe('several rules together', () => {
  const base = (name: string, path: string): string =>
    `${rule(WEB, `{ s: { "cs-uri-stem|contains": ${path} }, condition: s }`).replace('title: A rule', `title: Rule ${name}`)}name: ${name}\n`;
  const correlation = (text: string): string =>
    `title: Together\nid: 99999999-2222-4333-8444-555555555555\nlevel: high\ncorrelation: ${text}\n`;
  const all = (...parts: string[]): string => parts.join('---\n');

  test('a count within a time', () => {
    const yaml = all(
      base('denied', '/admin'),
      correlation(
        '{ type: event_count, rules: [denied], group-by: [cs-username], timespan: 10m, condition: { gte: 3 } }',
      ),
    );
    const use = { path: '/admin' };
    expect(found(yaml, [use, use, use])).toBe(true);
    expect(found(yaml, [use, use, { ...use, after: 11 * MINUTE }])).toBe(false);
  });

  test('different values within a time', () => {
    const yaml = all(
      base('pages', '/'),
      correlation('{ type: value_count, rules: pages, timespan: 1h, condition: { field: cs-uri-stem, gt: 2 } }'),
    );
    expect(found(yaml, [{ path: '/a' }, { path: '/b' }, { path: '/c' }])).toBe(true);
    expect(found(yaml, [{ path: '/a' }, { path: '/b' }, { path: '/a' }, { path: '/b' }])).toBe(false);
  });

  test('one after the other, and in any order', () => {
    const parts = [base('first', '/admin'), base('second', '/export')];
    const ordered = all(...parts, correlation('{ type: temporal_ordered, rules: [first, second], timespan: 10m }'));
    const either = all(...parts, correlation('{ type: temporal, rules: [first, second], timespan: 10m }'));
    const [admin, dump] = [{ path: '/admin' }, { path: '/export' }];
    expect(found(ordered, [admin, dump])).toBe(true);
    expect(found(ordered, [dump, admin])).toBe(false);
    expect(found(either, [dump, admin])).toBe(true);
    expect(found(either, [admin, dump])).toBe(true);
    expect(found(either, [admin, { ...dump, after: 11 * MINUTE }])).toBe(false);
  });

  test('what they are about makes no detector of its own, unless it says so', () => {
    const text = '{ type: event_count, rules: [denied], timespan: 10m, condition: { gte: 3 } }';
    const ids = (yaml: string) => translate(rulesIn(yaml)).flatMap(({ detectors }) => detectors.map(({ id }) => id));
    expect(ids(all(base('denied', '/admin'), correlation(text)))).toEqual(['sigma-together']);
    const generate = text.replace('timespan', 'generate: true, timespan');
    expect(ids(all(base('denied', '/admin'), correlation(generate)))).toEqual(['sigma-rule-denied', 'sigma-together']);
  });

  test.each([
    ['three in a row', '{ type: temporal_ordered, rules: [x, x, x], timespan: 1m }', 'two rules can be said, not 3'],
    ['fewer than', '{ type: event_count, rules: [x], timespan: 1m, condition: { lt: 3 } }', "lt can't be said"],
    ['a time in months', '{ type: event_count, rules: [x], timespan: 1M, condition: { gte: 3 } }', '1M is no time'],
    [
      'values of what events lack',
      '{ type: value_count, rules: [x], timespan: 1m, condition: { field: cs-cookie, gte: 3 } }',
      'cs-cookie',
    ],
    [
      'a rule that is not there',
      '{ type: event_count, rules: [y], timespan: 1m, condition: { gte: 3 } }',
      'y is no rule',
    ],
    ['another type', '{ type: event_average, rules: [x], timespan: 1m }', "event_average can't be said"],
  ])('%s is not taken over, and it says why', (_, text, problem) => {
    const told = translate(rulesIn(all(base('x', '/admin'), correlation(text)))).at(-1);
    expect(told?.detectors).toEqual([]);
    expect(told?.problems.join('\n')).toContain(problem);
  });

  test('counting by something else is said', () => {
    const text = '{ type: event_count, rules: [x], group-by: [c-ip], timespan: 1m, condition: { gte: 3 } }';
    const told = translate(rulesIn(all(base('x', '/admin'), correlation(text)))).at(-1);
    expect(told?.detectors).toHaveLength(1);
    expect(told?.notes.join()).toContain('counted for each agent and slot, not for each c-ip');
  });
});

describe('what cannot be said', () => {
  test.each([
    [
      'a source that we do not have',
      rule('{ category: process_creation, product: windows }', '{ s: { Image: x }, condition: s }'),
      'logsource: process_creation windows',
    ],
    [
      'a field that we do not have',
      rule(AWS, '{ s: { eventName: A, requestParameters.x: y }, condition: s }'),
      's.requestParameters.x',
    ],
    ['parameters of an address', rule(WEB, '{ s: { "cs-uri-query|contains": x }, condition: s }'), 's.cs-uri-query'],
    ['a character that may be any', rule(WEB, '{ s: { cs-uri-stem: "/a?b" }, condition: s }'), '"?"'],
    [
      'a regular expression that is more',
      rule(WEB, "{ s: { 'cs-uri-stem|re': '(a+)+$' }, condition: s }"),
      'regular expression',
    ],
    [
      'a modifier that we do not know',
      rule(WEB, '{ s: { "cs-uri-stem|base64offset|contains": x }, condition: s }'),
      'base64offset',
    ],
    ['a value that is missing', rule(WEB, '{ s: { cs-uri-stem: null }, condition: s }'), 'null'],
    ['an old form of counting', rule(WEB, '{ s: { cs-method: GET }, condition: "s | count() > 5" }'), 'old form'],
    [
      'a condition that names no selection',
      rule(WEB, '{ s: { cs-method: GET }, condition: s and t }'),
      't, which is no selection',
    ],
    [
      'an exclusion of which a part cannot be said',
      rule(AWS, '{ s: { eventName: A }, f: [{ userAgent: x }, { userIdentity.type: y }], condition: s and not f }'),
      'f.userIdentity.type',
    ],
    [
      'words under a "not" that may stand where we do not look',
      rule(WEB, '{ s: { cs-method: GET }, f: [healthcheck], condition: s and not f }'),
      'stands under a "not"',
    ],
    ['only logins that failed', rule(WEB, '{ s: { sc-status: 401 }, condition: s }'), '401'],
    [
      'a 401 under a "not"',
      rule(WEB, '{ s: { cs-method: GET }, f: { sc-status: [401, 403] }, condition: s and not f }'),
      'stands under a "not"',
    ],
  ])('%s: the rule is not taken over, and the part is named', (_, yaml, problem) => {
    const told = only(yaml);
    expect(told.detectors).toEqual([]);
    expect(told.problems.join('\n')).toContain(problem);
  });

  test('words that only parameters have are left out and named, the others are looked for', () => {
    const yaml = rule(WEB, '{ keywords: ["=select ", union select], condition: keywords }');
    expect(only(yaml).leftOut).toEqual([expect.stringContaining('=select')]);
    expect(found(yaml, [{ client: 'x UNION SELECT y' }])).toBe(true);
    expect(found(yaml, [{ client: 'a=select b', path: '/a=select b' }])).toBe(false);
  });

  test('an alternative is left out and named: the rule finds less, never more', () => {
    const yaml = rule(AWS, '{ a: { eventName: A }, b: { requestParameters.x: y }, condition: a or b }');
    const told = only(yaml);
    expect(told.problems).toEqual([]);
    expect(told.leftOut).toEqual([expect.stringContaining('b.requestParameters.x')]);
    expect(found(yaml, [AWS_USE('x:A')])).toBe(true);
  });

  test('brackets without end and lists without bound are refused, not followed', () => {
    const deep = `${'('.repeat(5_000)}s${')'.repeat(5_000)}`;
    expect(only(rule(WEB, `{ s: { cs-method: GET }, condition: "${deep}" }`)).problems.join()).toContain(
      'too many brackets',
    );
    expect(only(rule(WEB, `{ s: { cs-method: GET }, condition: "${'not '.repeat(5_000)}s" }`)).detectors).toEqual([]);
  });
});

describe('wayward detectors import', () => {
  const write = (files: Readonly<Record<string, string>>): string => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };

  test('writes what loads and only observes, and says what became of each rule', async () => {
    const folder = write({
      'good.yml': rule(
        WEB,
        '{ s: { "cs-uri-stem|contains": /.git/ }, condition: s }',
        'falsepositives: [Scanners of your own]\nreferences: [https://example.com/a]\n',
      ),
      'bad.yml': rule('{ product: windows }', '{ s: { Image: x }, condition: s }'),
    });
    const out = join(folder, 'detectors', 'local');
    const { code, stdout } = await run([
      'detectors',
      'import',
      join(folder, '*.yml'),
      '--config',
      join(folder, 'wayward.yaml'),
      '--out',
      out,
    ]);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('taken over: A rule (11111111-2222-4333-8444-555555555555)\n  wrote ');
    expect(stdout).toMatch(/NOT taken over: A rule \S+\n {2}can't be said: logsource: windows/);
    expect(stdout).toContain('2 rules, 1 detectors, 1 rules could not be said');
    const loaded = loadDetectors(join(folder, 'detectors')).find(({ detector }) => detector.id === 'sigma-a-rule');
    expect(loaded?.detector).toMatchObject({
      observes: true,
      severity: 'high',
      threat: ['T1213.006'],
      advice: { falsePositives: ['Scanners of your own'], references: ['https://example.com/a'] },
    });
    const again = await run(['detectors', 'import', join(folder, 'good.yml'), '--out', out]);
    expect(again.stdout).toContain('kept as it is: ');
  });

  test('two rules of one title are two detectors', async () => {
    const text = rule(WEB, '{ s: { cs-method: PUT }, condition: s }');
    const folder = write({ 'two.yml': `${text}---\n${text}` });
    await run(['detectors', 'import', join(folder, 'two.yml'), '--out', join(folder, 'out')]);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['sigma-a-rule-2.yaml', 'sigma-a-rule.yaml']);
    expect(loadDetectors(join(folder, 'out'))).toHaveLength(2);
    expect(readFileSync(join(folder, 'out', 'sigma-a-rule.yaml'), 'utf8')).toContain('stage: observe');
  });

  test.each([
    [
      'nothing that can be said',
      rule('{ product: windows }', '{ s: { Image: x }, condition: s }'),
      4,
      'no rule could be taken over',
    ],
    ['no rule', 'a: 1\n', 2, 'is no Sigma rule'],
    ['no YAML', 'a: [\n', 2, 'is no YAML'],
  ])('%s ends with its own exit code, and writes nothing', async (_, text, exit, message) => {
    const folder = write({ 'rule.yml': text });
    mkdirSync(join(folder, 'd'));
    const { code, stderr } = await run(['detectors', 'import', join(folder, 'rule.yml'), '--out', join(folder, 'out')]);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('a file that is not there is wrong usage', async () => {
    const { code, stderr } = await run(['detectors', 'import', '/no/such/rule.yml']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no such file')]);
  });
});
