import { afterEach, expect, test, vi } from 'vitest';
import { callGcp, type GcpApi } from '../src/gcp.ts';
import type { FakeGcp } from './servers/fake-gcp.ts';
import { startFakeGcp } from './servers/fake-gcp.ts';
import { describeWith } from './servers/require-server.ts';

const READ = ['iam.serviceAccounts.get'];

describeWith('calls of Google Cloud (a fake)', startFakeGcp, (fake: () => FakeGcp) => {
  afterEach(() => {
    vi.useRealTimers();
    fake().answer(undefined);
    fake().answerTokens(undefined);
  });

  function caller(name: string) {
    const account = fake().newAccount(name, READ);
    const { file } = account.newKey();
    const key = { reveal: () => file };
    const api: GcpApi = { service: 'IAM', url: fake().iamUrl, account: { key, metadata_url: fake().metadataUrl } };
    const path = `projects/${account.project}/serviceAccounts/${account.email}`;
    return () => callGcp(api, { method: 'GET', path, permission: 'iam.serviceAccounts.get' });
  }
  const tokensAskedFor = () => fake().calls.filter((call) => call === 'token').length;

  test('one token serves many calls, and is renewed a minute before it ends', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const call = caller('many-calls');
    const before = tokensAskedFor();
    for (let index = 0; index < 5; index++) expect((await call()).status).toBe(200);
    await Promise.all([call(), call()]);
    expect(tokensAskedFor()).toBe(before + 1);
    vi.setSystemTime(Date.now() + 3_530_000);
    await call();
    expect(tokensAskedFor()).toBe(before + 1);
    vi.setSystemTime(Date.now() + 10_000);
    await call();
    expect(tokensAskedFor()).toBe(before + 2);
  });

  test('two accounts never share a token', async () => {
    const before = tokensAskedFor();
    await Promise.all([caller('first')(), caller('second')()]);
    expect(tokensAskedFor()).toBe(before + 2);
  });

  test('a token that Google no longer takes is not used again', async () => {
    const call = caller('rejected');
    await call();
    const before = tokensAskedFor();
    fake().answer(401, '{"error":{"code":401,"status":"UNAUTHENTICATED","message":"no"}}');
    await expect(call()).rejects.toMatchObject({ retryable: true });
    fake().answer(undefined);
    expect((await call()).status).toBe(200);
    expect(tokensAskedFor()).toBe(before + 1);
  });

  test('a token endpoint that failed is asked again', async () => {
    const call = caller('asked-again');
    fake().answerTokens(503, 'canary');
    await expect(call()).rejects.toMatchObject({ retryable: true, message: 'Google token endpoint answered 503' });
    fake().answerTokens(undefined);
    expect((await call()).status).toBe(200);
  });

  test.each([
    ['', false],
    ['{"access_token":""}', false],
    ['{"access_token":"ya29.canary","expires_in":"soon","token_type":"Bearer"}', false],
    ['{"access_token":"ya29.canary","expires_in":3600,"token_type":"mac"}', false],
  ])('an answer without a usable token (%s) is an error, unseen', async (body, retryable) => {
    fake().answerTokens(200, body);
    const attempt = caller('no-token')();
    await expect(attempt).rejects.toMatchObject({
      retryable,
      message: 'Google token endpoint answered without a token',
    });
  });
});
