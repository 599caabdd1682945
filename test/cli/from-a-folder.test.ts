import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFile } from '../config/temp.ts';
import { run } from './run.ts';

/** Whoever has nothing but two folders of exports writes this by hand. */
const REGISTRY = `credentials:
  - { id: billing-aws, agent: billing-agent, kind: aws-role, match: { aws_principal_arn: "arn:aws:iam::111122223333:role/billing" } }
  - { id: billing-llm, agent: billing-agent, kind: api-key, match: { credential_id: billing-key } }
`;
const DAYS = 30;
const HOURS = [9, 10, 11, 13, 14, 15];
const FIRST = Date.UTC(2026, 9, 1);
const HOUR = 3_600_000;

let folder = '';
let setup: string[] = [];
beforeEach(() => {
  const registry = temporaryFile('credentials.yaml', REGISTRY);
  folder = dirname(registry);
  setup = ['--config', temporaryFile('wayward.yaml', ''), '--credentials', registry];
});

const iso = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
const write = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};

const used = (time: number, source = 's3', name = 'GetObject', errorCode?: string): object => ({
  eventVersion: '1.09',
  userIdentity: {
    ...{ type: 'AssumedRole', principalId: 'AROAEXAMPLE0000000001:run', accountId: '111122223333' },
    arn: 'arn:aws:sts::111122223333:assumed-role/billing/run',
    sessionContext: { sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::111122223333:role/billing' } },
  },
  ...{ eventTime: iso(time), eventSource: `${source}.amazonaws.com`, eventName: name, awsRegion: 'eu-central-1' },
  ...{ sourceIPAddress: '10.4.0.9', userAgent: 'Boto3/1.34', errorCode, eventID: `${time} ${name}` },
  ...{ eventType: 'AwsApiCall', eventCategory: 'Data', recipientAccountId: '111122223333' },
});

/** A trail's folder in S3: files by account, region and day, and beside them those of their hashes. */
function writeTrail(): void {
  for (let day = 0; day < DAYS; day++) {
    const began = FIRST + day * 24 * HOUR;
    const date = iso(began).slice(0, 10).replaceAll('-', '/');
    for (const hour of HOURS) {
      const time = began + hour * HOUR;
      const Records = Array.from({ length: 6 }, (_, at) => used(time + at * 600_000));
      if (day === DAYS - 1 && hour === 14)
        Records.push(
          used(time + 3_300_000, 'iam', 'CreateAccessKey', 'AccessDenied'),
          used(time + 3_301_000, 'secretsmanager', 'ListSecrets'),
          used(time + 3_302_000, 'secretsmanager', 'GetSecretValue'),
        );
      const name = `111122223333_CloudTrail_eu-central-1_${date.replaceAll('/', '')}T${hour}00Z_a.json.gz`;
      write(
        `trail/AWSLogs/111122223333/CloudTrail/eu-central-1/${date}/${name}`,
        gzipSync(JSON.stringify({ Records })),
      );
    }
    write(
      `trail/AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/${date}/digest.json.gz`,
      gzipSync(
        JSON.stringify({ digestStartTime: iso(began), digestEndTime: iso(began), digestS3Object: 'o', logFiles: [] }),
      ),
    );
  }
}

/** What LiteLLM's logger of a bucket writes: a folder for each day, a file for each call. */
function writeCalls(): void {
  const recorded = readFileSync(new URL('../fixtures/logs/litellm.jsonl', import.meta.url), 'utf8');
  const call = JSON.parse(recorded.split('\n')[0] ?? '') as object;
  for (let day = 0; day < DAYS; day++)
    for (const hour of HOURS) {
      const time = FIRST + day * 24 * HOUR + hour * HOUR + 60_000;
      const stolen = day === DAYS - 1 && hour === 15;
      const change = {
        ...{ id: `call-${day}-${hour}`, startTime: time / 1000, endTime: time / 1000 + 1 },
        ...{ prompt_tokens: stolen ? 900_000 : 400, completion_tokens: 80 },
        model_group: stolen ? 'other-model' : 'm1',
      };
      // Some tools write JSON on many lines.
      const text = JSON.stringify({ ...call, ...change }, undefined, hour % 2 === 0 ? 2 : undefined);
      write(`calls/${iso(time).slice(0, 10)}/time-${hour}-01-00_call-${day}-${hour}.json`, text);
    }
}

test('one command makes alerts of two folders of exports and a registry of three lines', {
  timeout: 60_000,
}, async () => {
  writeTrail();
  writeCalls();
  const { code, stdout, stderr } = await run([
    ...['scan', ...setup, '--json'],
    ...[join(folder, 'trail'), join(folder, 'calls')],
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain('390 logs: aws-cloudtrail 210, litellm 180');
  expect(stderr).toContain('30 ignored (digest 30), 0 dead letters');
  const reasons = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: { reason: string } }).event.reason);
  expect(reasons).toEqual([
    expect.stringMatching(/billing-agent.*(?:iam|secretsmanager)/),
    expect.stringMatching(/900,0\d\d tokens/),
  ]);
});

test('a folder of what is no log says so, and not for every file', async () => {
  for (let at = 0; at < 14; at++) write(`poems/${at}.txt`, 'roses are red\n');
  const { stderr } = await run(['scan', ...setup, join(folder, 'poems')]);
  expect(stderr).toContain('14 logs: of no known format 14');
  expect(stderr.match(/NONE of its/g)).toHaveLength(10);
  expect(stderr).toContain('so it is with 4 more logs');
});
