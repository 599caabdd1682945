import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accessToken, METADATA_URL } from '../src/gcp-token.ts';
import { temporaryFolder } from './config/temp.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const AUDIENCE =
  '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/agents/providers/cluster';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/**
 * Google's token exchange and its impersonation, which refuse what is not asked as documented:
 * https://docs.cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token and
 * https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
async function place(more: object = {}) {
  const folder = temporaryFolder();
  const file = join(folder, 'token');
  writeFileSync(file, 'canary-of-the-cluster');
  const asked: string[] = [];
  let fails: number | undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push(String(request.url));
    const send = (status: number, content: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    if (fails !== undefined) return send(fails, { error: 'invalid_grant', error_description: body });
    if (request.url === '/v1/token') {
      const form = Object.fromEntries(new URLSearchParams(body));
      const isRight =
        request.method === 'POST' &&
        form['grant_type'] === 'urn:ietf:params:oauth:grant-type:token-exchange' &&
        form['requested_token_type'] === 'urn:ietf:params:oauth:token-type:access_token' &&
        form['audience'] === AUDIENCE &&
        form['subject_token_type'] === JWT &&
        form['scope'] === SCOPE &&
        form['subject_token'] === 'canary-of-the-cluster';
      if (!isRight) return send(400, { error: 'invalid_request', error_description: 'Invalid value' });
      return send(200, {
        access_token: 'federated',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3_600,
      });
    }
    const isRight =
      request.url === '/impersonate:generateAccessToken' &&
      request.headers.authorization === 'Bearer federated' &&
      JSON.parse(body).scope?.join() === SCOPE;
    if (!isRight) return send(403, { error: { code: 403, status: 'PERMISSION_DENIED' } });
    send(200, { accessToken: 'impersonated', expireTime: new Date(Date.now() + 3_600_000).toISOString() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const configuration = {
    type: 'external_account',
    audience: AUDIENCE,
    subject_token_type: JWT,
    token_url: `${url}/v1/token`,
    credential_source: { file },
    ...more,
  };
  const json = (others: object = {}) => JSON.stringify({ ...configuration, ...others });
  const token = (text = json()) => accessToken({ key: { reveal: () => text }, metadata_url: METADATA_URL });
  const fail = (status: number): void => {
    fails = status;
  };
  return { url, asked, token, json, fail };
}

test('a token of another issuer is exchanged for one of Google Cloud, which is kept', async () => {
  const { token, asked } = await place();
  expect(await token()).toBe('federated');
  expect(await token()).toBe('federated');
  expect(asked).toEqual(['/v1/token']);
});

test('and that for one of the service account that the configuration impersonates', async () => {
  const { token, json, url } = await place();
  const impersonating = json({ service_account_impersonation_url: `${url}/impersonate:generateAccessToken` });
  expect(await token(impersonating)).toBe('impersonated');
});

test.each([
  [400, false, 'Google Cloud answered 400 to workload identity federation: check the pool'],
  [503, true, 'Google Cloud answered 503'],
])('an answer %i is an error that quotes no token', async (status, retryable, why) => {
  const { token, fail } = await place();
  fail(status);
  const attempt = token();
  await expect(attempt).rejects.toMatchObject({ name: 'CallError', retryable });
  await expect(attempt).rejects.toThrow(why);
  await expect(attempt).rejects.not.toThrow(/canary/);
});

test('a configuration that is none, and a token that is not there, are said', async () => {
  const { token, json } = await place();
  await expect(token(json({ credential_source: { file: '/nowhere/token' } }))).rejects.toMatchObject({
    name: 'CallError',
    retryable: false,
  });
  await expect(token('{"type":"external_account"}')).rejects.toThrow('is damaged');
});
