import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AwsAccount, withAws } from '../src/aws.ts';
import { withIam } from '../src/revokers/aws-settings.ts';
import { REVOKERS } from '../src/revokers/registry.ts';
import { accountOf, sessionOf } from './revokers/aws-responder.ts';
import { secretOf } from './revokers/secret-of.ts';
import { CONTEXT } from './revokers/vault-responder.ts';
import { freePort } from './servers/free-port.ts';
import { policyThat, startMoto } from './servers/moto.ts';
import { describeWith } from './servers/require-server.ts';

const SECRET = 'wJalrXUtnFEMI/CANARY/bPxRfiCYEXAMPLEKEY';

/** Nothing of whoever runs these tests. */
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});
afterEach(() => void vi.unstubAllEnvs());

const listKeys = (account: AwsAccount) => withIam(account, (iam, options) => iam.listAccountAliases({}, options));

/** The error that a call ends with; fails where it succeeds. */
const failureOf = (account: AwsAccount): Promise<unknown> =>
  listKeys(account).then(
    () => 'no failure',
    (error: unknown) => error,
  );

describeWith('as whom AWS is called', startMoto, (server) => {
  const ALIASES = policyThat('Allow', 'iam:ListAccountAliases');

  test('with the keys of the settings', async () => {
    const { keys } = await server().newUser('responder', ALIASES);
    await expect(listKeys(await accountOf(server(), keys))).resolves.toMatchObject({ AccountAliases: [] });
  });

  test("without any, with what the SDK finds: the environment's keys and region", async () => {
    const { keys } = await server().newUser('responder', ALIASES);
    vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    await expect(listKeys({ endpoint: server().url })).resolves.toMatchObject({ AccountAliases: [] });
  });

  test('with a session token of the environment, as a machine in AWS has it', async () => {
    const { keys } = await server().newUser('machine', policyThat('Allow', 'sts:AssumeRole'));
    const { arn } = await server().newRole('machine', ALIASES);
    const session = await sessionOf(server(), keys, arn);
    vi.stubEnv('AWS_ACCESS_KEY_ID', session.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', session.secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', session.sessionToken);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    await expect(listKeys({ endpoint: server().url })).resolves.toMatchObject({ AccountAliases: [] });
  });

  test('as role_arn, whose rights count and not those of the keys', async () => {
    const { keys } = await server().newUser('responder', policyThat('Allow', 'sts:AssumeRole'));
    const account = await accountOf(server(), keys);
    expect(await failureOf(account)).toMatchObject({ message: expect.stringContaining('iam:ListAccountAliases') });
    const { arn } = await server().newRole('wayward', ALIASES);
    await expect(listKeys({ ...account, role_arn: arn })).resolves.toMatchObject({ AccountAliases: [] });
  });

  test('a role that may not be assumed is named', async () => {
    const { keys } = await server().newUser('responder', policyThat('Deny', 'sts:AssumeRole'));
    const { arn } = await server().newRole('wayward', ALIASES);
    expect(await failureOf({ ...(await accountOf(server(), keys)), role_arn: arn })).toMatchObject({
      ...{ name: 'CallError', retryable: false },
      message: expect.stringMatching(/^AWS answered 403 AccessDenied.*: .*sts:AssumeRole$/),
    });
  });

  test('an unknown key, and a wrong secret, are told apart without showing either', async () => {
    const { keys } = await server().newUser('responder', ALIASES);
    const unknown = await accountOf(server(), { accessKeyId: 'AKIANOSUCHKEY0000000', secretAccessKey: SECRET });
    const wrong = await accountOf(server(), { ...keys, secretAccessKey: SECRET });
    expect(await failureOf(unknown)).toMatchObject({
      ...{ name: 'CallError', retryable: false },
      message:
        'AWS answered 403 InvalidClientTokenId: it does not know the access key: it was deleted, or is of another partition',
    });
    expect(await failureOf(wrong)).toMatchObject({
      ...{ name: 'CallError', retryable: false },
      message: 'AWS answered 403 SignatureDoesNotMatch: the secret access key is not the one of the access key',
    });
  });
});

const account = async (endpoint: string): Promise<AwsAccount> => ({
  ...{ endpoint, region: 'us-east-1', access_key_id: 'AKIAIOSFODNN7EXAMPLE' },
  secret_access_key: await secretOf(SECRET),
});

test('no credentials at all: what to write, and a later try, since a machine in AWS may have none for a moment', async () => {
  expect(await failureOf({ endpoint: 'http://127.0.0.1:9', region: 'us-east-1' })).toMatchObject({
    ...{ name: 'CallError', retryable: true },
    message: expect.stringContaining('no credentials were found; write access_key_id'),
  });
});

test('no region: what to write', async () => {
  const { region: _, ...nowhere } = await account('http://127.0.0.1:9');
  expect(await failureOf(nowhere)).toMatchObject({
    ...{ name: 'CallError', retryable: false },
    message: 'AWS: no region is known; write region in the settings, or set AWS_REGION',
  });
});

test('a server that is down may be there later', async () => {
  expect(await failureOf(await account(`http://127.0.0.1:${await freePort()}`))).toMatchObject({
    ...{ name: 'CallError', retryable: true },
    message: expect.stringMatching(/^AWS: ECONNREFUSED/),
  });
});

test.each(REVOKERS.filter(({ settingsOf }) => settingsOf === 'aws'))(
  'a server that is down while it is called may be there later: $id',
  async (revoker) => {
    const specs = [{ role: 'a' }, { user: 'a', access_key_id: 'AKIAIOSFODNN7EXAMPLE' }].map((fields) => ({
      ...{ with: revoker.id, ...fields },
    }));
    const spec = specs.find((one) => revoker.specSchema.safeParse(one).success);
    const step = revoker.prepare(await account(`http://127.0.0.1:${await freePort()}`), spec);
    for (const call of [step.revoke, step.verify, step.restore]) {
      if (call === undefined) continue;
      await expect(call(CONTEXT)).rejects.toMatchObject({
        ...{ name: 'CallError', retryable: true },
        message: expect.stringMatching(/^AWS: ECONNREFUSED/),
      });
    }
  },
);

/** A server that gives every request this answer, or none at all. */
async function withServer<T>(answer: { status: number; body: string } | undefined, work: (url: string) => Promise<T>) {
  const server = createServer((request, response) => {
    request.resume();
    if (answer !== undefined) response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const xml = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

const QUOTED = `The Canonical String should have been 'x-amz-security-token:${SECRET}'`;

test.each([
  [400, xml('Throttling', 'Rate exceeded'), true, 'AWS answered 400 Throttling'],
  [409, xml('ConcurrentModification', 'x'), true, /^AWS answered 409 ConcurrentModification/],
  [500, xml('InternalFailure', 'x'), true, 'AWS answered 500 InternalFailure'],
  [503, '<html>down</html>', true, /^AWS answered 503/],
  [403, '<html>no</html>', false, /^AWS answered 403.*: Wayward may not do that there$/],
  [403, xml('SignatureDoesNotMatch', QUOTED), false, /^AWS answered 403 SignatureDoesNotMatch: the secret access key/],
  [403, xml('SomethingNew', QUOTED), false, 'AWS answered 403 SomethingNew: Wayward may not do that there'],
  [403, xml('AccessDenied', `not with ${SECRET}`), false, /^AWS answered 403 AccessDenied: not with \[redacted\]$/],
  [403, xml('RequestTimeTooSkewed', 'x'), false, 'AWS answered 403 RequestTimeTooSkewed: the clock here is wrong'],
  [403, xml('ExpiredToken', 'x'), false, 'AWS answered 403 ExpiredToken: the credentials are expired'],
])('an answer %i says what to do, and no secret (%#)', async (status, body, retryable, message) => {
  const result = await withServer({ status, body }, async (url) => failureOf(await account(url)));
  expect(result).toMatchObject({ name: 'CallError', retryable, message: expect.stringMatching(message) });
  expect(String(result)).not.toContain('CANARY');
});

test.concurrent('a server that never answers: the call ends within 20 s', async () => {
  const start = Date.now();
  const result = await withServer(undefined, async (url) => failureOf(await account(url)));
  expect(result).toMatchObject({ name: 'CallError', retryable: true, message: expect.stringMatching(/^AWS: /) });
  expect(Date.now() - start).toBeLessThan(20_000);
}, 40_000);

test.concurrent('a program for credentials that never ends: so does the call, and the client is put away', async () => {
  let destroyed = 0;
  const call = withAws(
    {},
    async () => ({ destroy: () => destroyed++ }),
    () => new Promise<never>(() => {}),
  );
  await expect(call).rejects.toMatchObject({ message: 'AWS: no answer within 15 s', retryable: true });
  expect(destroyed).toBe(1);
}, 40_000);
