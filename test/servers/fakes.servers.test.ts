import { beforeAll, expect, test } from 'vitest';
import { startFakeAuthensor } from './fake-authensor.ts';
import { startFakeGcp } from './fake-gcp.ts';
import { type GcpAgent, gcpAgent } from './gcp-agent.ts';
import { describeWith } from './require-server.ts';
import { rotationFunction, startRotatingSecrets } from './rotating-secrets.ts';

/** What a fake lets pass, a test proves nothing about: each refuses every call that is not exactly one of its API's. */

const ALL = ['get', 'disable', 'enable', 'delete', 'create'].flatMap((verb) => [
  `iam.serviceAccounts.${verb}`,
  `iam.serviceAccountKeys.${verb}`,
  `secretmanager.versions.${verb}`,
]);

describeWith('the fake of Google Cloud', startFakeGcp, (fake) => {
  let admin: GcpAgent;
  let account = '';
  let key = '';
  let secret = '';

  beforeAll(async () => {
    admin = gcpAgent(
      fake(),
      fake()
        .newAccount('admin', [...ALL, 'secretmanager.versions.add'])
        .newKey().file,
    );
    await admin.logIn();
    const agent = fake().newAccount('agent');
    account = `${fake().iamUrl}/v1/projects/billing-prod/serviceAccounts/${agent.email}`;
    key = `${account}/keys/${agent.newKey().id}`;
    fake().newSecret('s');
    secret = `${fake().secretManagerUrl}v1/projects/billing-prod/secrets/s`;
  });

  test('takes the fields that the API has', async () => {
    const reason = { serviceAccountKeyDisableReason: 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_COMPROMISE_DETECTED' };
    const payload = { data: btoa('123456789'), dataCrc32c: '3808858755' }; // the check value of CRC-32C
    const answers = [
      await admin.post(`${key}:disable`, reason),
      await admin.post(`${key}:enable`, {}),
      await admin.post(`${secret}:addVersion`, { payload }),
      await admin.post(`${secret}/versions/1:disable`, { etag: '"x"' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('refuses a field that it does not know, in the words of the API', async () => {
    const wrong: readonly [string, object, string][] = [
      [`${key}:disable`, { reason: 'x' }, 'Invalid JSON payload received. Unknown name "reason": Cannot find field.'],
      [`${key}:enable`, { serviceAccountKeyDisableReason: 'x' }, 'Unknown name "serviceAccountKeyDisableReason"'],
      [`${key}:disable`, { serviceAccountKeyDisableReason: 'BECAUSE' }, 'Invalid value'],
      [`${account}:disable`, { disabled: true }, 'Unknown name "disabled"'],
      [`${account}/keys`, { keyId: 'x' }, 'Unknown name "keyId"'],
      [`${account}:enable`, { etag: 'x' }, 'Unknown name "etag"'],
      [`${secret}/versions/1:disable`, { state: 'DISABLED' }, 'Unknown name "state"'],
      [`${secret}:addVersion`, { payload: { text: 'x' } }, `Unknown name "text" at 'payload'`],
      [`${secret}:addVersion`, { payload: { data: btoa('x'), dataCrc32c: '1' } }, 'checksum'],
      [`${secret}:addVersion`, {}, 'Invalid JSON payload'],
      [`${account}:disable`, [], 'Invalid JSON payload'],
    ];
    for (const [url, body, message] of wrong) {
      const { status, text } = await admin.post(url, body);
      const { error } = JSON.parse(text);
      expect({ status, ...error }).toMatchObject({
        ...{ status: 'INVALID_ARGUMENT', code: 400 },
        message: expect.stringContaining(message),
        details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest' }],
      });
      expect(status).toBe(400);
    }
    expect((await admin.get(key)).text).not.toContain('disabled');
  });

  test('refuses paths, methods, queries and content types that no method has', async () => {
    const bodyless = { method: 'POST', headers: {} };
    const attempts = [
      await admin.get(`${key}:disable`),
      await admin.get(`${account}/tokens`),
      await admin.post(`${account}:revoke`, {}),
      await admin.post(account, {}),
      await admin.get(key.replace('/v1/', '/v2/')),
      await admin.get(key.replace('/iam/', '/secretmanager/')),
    ];
    expect(attempts.map(({ status }) => status)).toEqual(Array(6).fill(404));
    for (const { text } of attempts) expect(text).toContain('<title>Error 404');
    expect((await admin.get(`${key}?alt=json`)).status).toBe(400);
    expect((await admin.call(`${key}:disable`, { ...bodyless, body: '{}' })).status).toBe(400);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await admin.call(`${key}:disable`, { method: 'POST', headers: form, body: 'a=b' })).status).toBe(400);
    expect((await admin.call(key, { method: 'DELETE', body: '{}' })).status).toBe(400);
  });

  test('refuses whoever has no token, a wrong one, or no permission', async () => {
    expect((await fetch(key)).status).toBe(401);
    expect((await fetch(key, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    const powerless = gcpAgent(fake(), fake().newAccount('powerless').newKey().file);
    await powerless.logIn();
    const { status, text } = await powerless.get(key);
    expect(status).toBe(403);
    expect(JSON.parse(text).error).toMatchObject({ status: 'PERMISSION_DENIED' });
  });

  test('gives a token only for a grant as Google wants it, signed by a key that is usable', async () => {
    const agent = fake().newAccount('grants');
    const [first, second] = [agent.newKey(), agent.newKey()];
    expect(await gcpAgent(fake(), first.file).logIn()).toBe('ok');
    const now = Math.floor(Date.now() / 1000);
    const wrong: readonly [object, string][] = [
      [{ aud: 'https://oauth2.googleapis.com/token' }, 'invalid_grant: Invalid JWT: Failed audience check.'],
      [{ scope: 'x' }, 'invalid_scope'],
      [{ exp: now + 7200 }, 'invalid_grant: Invalid JWT: Token must be a short-lived token'],
      [{ iat: now - 7200, exp: now - 3600 }, 'invalid_grant: Invalid JWT: Token must be a short-lived token'],
      [{ iss: 'nobody@example.com' }, 'invalid_grant: Invalid grant: account not found'],
      [{ sub: 'x' }, 'invalid_grant: Invalid JWT: unexpected header or claim'],
    ];
    for (const [change, says] of wrong) expect(await gcpAgent(fake(), first.file, change).logIn()).toContain(says);
    const forged = { ...JSON.parse(second.file), private_key: JSON.parse(first.file).private_key };
    expect(await gcpAgent(fake(), JSON.stringify(forged)).logIn()).toBe('invalid_grant: Invalid JWT Signature.');
    const post = (body: string, type = 'application/x-www-form-urlencoded') =>
      fetch(fake().tokenUrl, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await post('grant_type=client_credentials&assertion=x')).status).toBe(400);
    expect((await post('assertion=x')).status).toBe(400);
    expect((await post('{}', 'application/json')).status).toBe(400);
  });

  test('gives a token of the machine only to whoever says that it knows what it asks', async () => {
    const url = `${fake().metadataUrl}/computeMetadata/v1/instance/service-accounts/default/token`;
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { headers: { 'metadata-flavor': 'Google' } })).status).toBe(404);
  });
});

describeWith('the fake of Authensor', startFakeAuthensor, (fake) => {
  const call = async (method: string, path: string, token: string, init: RequestInit = {}) => {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const answer = await fetch(`${fake().url}${path}`, { method, ...init, headers });
    return `${answer.status} ${await answer.text()}`;
  };

  test('refuses what is not one of its calls, in the form of the control plane', async () => {
    const { token, id } = fake().newKey('admin');
    expect((await fetch(`${fake().url}/keys`)).status).toBe(401);
    expect(await call('GET', '/keys', 'x')).toContain('401 {"error":{"code":"UNAUTHORIZED"');
    expect(await call('GET', '/keys?principalId=a', token)).toContain('404');
    expect(await call('DELETE', `/keys/${id}`, token)).toContain('404');
    expect(await call('GET', `/keys/${id}/revoke`, token)).toContain('404');
    expect(await call('POST', '/keys/1/revoke', token)).toContain('400 {"error":{"code":"INVALID_INPUT"');
    expect(await call('POST', `/keys/${id}/revoke`, token, { body: '{}' })).toContain('400 {"error":{"code":"INVALID');
    expect(await call('POST', `/keys/${id}/revoke`, fake().newKey('executor').token)).toContain('403');
    expect(await fake().use(token)).toBe(200);
  });

  test('lists receipts for an admin alone, newest first and 200 at most, and refuses what PostgreSQL would', async () => {
    const admin = fake().newKey('admin').token;
    const of = (n: number) => ({ id: `r-${n}`, timestamp: new Date(Date.UTC(2025, 0, 1, 0, 0, n)).toISOString() });
    fake().keepReceipts(Array.from({ length: 230 }, (_, n) => of(n)));
    const ids = async (query: string) => {
      const answer = await call('GET', `/receipts${query}`, admin);
      return JSON.parse(answer.slice('200 '.length)).receipts.map(({ id }: { id: string }) => id);
    };
    expect((await ids('')).length).toBe(50);
    expect((await ids('?limit=1000')).length).toBe(200);
    expect(await ids('?limit=2&offset=228')).toEqual(['r-1', 'r-0']);
    expect(await ids('?offset=230')).toEqual([]);
    expect((await fetch(`${fake().url}/receipts`)).status).toBe(401);
    expect(await call('GET', '/receipts', fake().newKey('executor').token)).toContain('403');
    expect(await call('GET', '/receipts?limit=-1', admin)).toContain('500');
    expect(await call('GET', '/receipts?offset=x', admin)).toContain('500');
  });

  test('keeps what was done: revoked once, 404 the second time, and listed with its time', async () => {
    const admin = fake().newKey('admin').token;
    const key = fake().newKey('ingest', 'agent');
    expect(await call('POST', `/keys/${key.id}/revoke`, admin)).toMatch(/^200 {"success":true,"revokedAt":"/);
    expect(await call('POST', `/keys/${key.id}/revoke`, admin)).toContain('404 {"error":{"code":"NOT_FOUND"');
    const list = JSON.parse((await call('GET', '/keys', admin)).slice('200 '.length));
    expect(list[0]).toMatchObject({ id: key.id, principalId: 'agent', revokedAt: expect.any(String) });
    expect(JSON.stringify(list)).not.toContain('canary');
  });
});

describeWith('the fake of RotateSecret', startRotatingSecrets, (server) => {
  const TOKEN = 'a'.repeat(32);
  const rotate = async (asked: object) => {
    const headers = { 'x-amz-target': 'secretsmanager.RotateSecret', 'content-type': 'application/x-amz-json-1.1' };
    const answer = await fetch(server().url, { method: 'POST', headers, body: JSON.stringify(asked) });
    return `${answer.status} ${await answer.text()}`;
  };

  test('refuses what is not its call, a secret without rotation, and one whose rotation is not complete', async () => {
    const secret = { SecretId: 'rotated', ClientRequestToken: TOKEN };
    await server().admin.createSecret({ Name: 'rotated', SecretString: 'old' });
    expect(await rotate(secret)).toContain(
      '400 {"__type":"InvalidRequestException","Message":"No Lambda rotation function',
    );
    server().configure('rotated', async () => undefined);
    expect(await rotate({ ...secret, Token: 'x' })).toContain('400 {"__type":"ValidationException"');
    expect(await rotate({ ...secret, ClientRequestToken: 'short' })).toContain(
      '400 {"__type":"InvalidParameterException"',
    );
    expect(await rotate(secret)).toContain(`"VersionId":"${TOKEN}"`);
    expect(await rotate(secret)).toContain(`"VersionId":"${TOKEN}"`);
    expect(await rotate({ ...secret, ClientRequestToken: 'b'.repeat(32) })).toContain(
      '400 {"__type":"InvalidRequestException","Message":"A previous rotation isn\'t complete.',
    );
    expect(server().begun).toEqual(['rotated']);
  });

  test('answers before its function has ended, which moves AWSCURRENT to the version that the token names', async () => {
    await server().admin.createSecret({ Name: 'other', SecretString: 'old' });
    const until = Promise.withResolvers<void>();
    server().configure(
      'other',
      rotationFunction(
        server().admin,
        () => 'new',
        () => until.promise,
      ),
    );
    expect(await rotate({ SecretId: 'other', ClientRequestToken: TOKEN })).toContain('200');
    const current = () => server().admin.getSecretValue({ SecretId: 'other', VersionStage: 'AWSCURRENT' });
    expect(await current()).toMatchObject({ SecretString: 'old' });
    until.resolve();
    await expect.poll(current).toMatchObject({ SecretString: 'new', VersionId: TOKEN });
  });
});
