import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startEcho, startMirror, startUntrusted } from './bad-servers.ts';
import { type Canary, canariesOfEveryShape, plainCanary, serviceAccountKey } from './canaries.ts';
import { Search } from './search.ts';

/** Places for secrets that fail: with what Wayward proves itself there comes out nowhere. The places that work are tried beside them. */

const PLACES: Readonly<Record<string, (url: string) => { reference: string; settings: object }>> = {
  vault: (url) => ({
    reference: 'secret://vault/secret/data/wayward#key',
    settings: { vault: { url, token: 'secret://file/own' } },
  }),
  'aws-secrets-manager': (endpoint) => ({
    reference: 'secret://aws-secrets-manager/wayward#key',
    settings: {
      'aws-secrets-manager': {
        ...{ endpoint, region: 'us-east-1', access_key_id: 'AKIAIOSFODNN7EXAMPLE' },
        secret_access_key: 'secret://file/own',
      },
    },
  }),
  'gcp-secret-manager with a token': (url) => ({
    reference: 'secret://gcp-secret-manager/projects/billing-prod/secrets/wayward#key',
    settings: { 'gcp-secret-manager': { url, access_token: 'secret://file/own' } },
  }),
  'gcp-secret-manager with a key': (url) => ({
    reference: 'secret://gcp-secret-manager/projects/billing-prod/secrets/wayward#key',
    settings: { 'gcp-secret-manager': { url, key: 'secret://file/own' } },
  }),
};

/** Asks for a secret that lies there; `own` is what Wayward has to get at it. */
async function asked(place: string, url: string, own: Canary): Promise<void> {
  const folder = temporaryFolder();
  const { reference, settings } = PLACES[place]?.(url) ?? { reference: '', settings: {} };
  writeFileSync(join(folder, 'own'), own.value, { mode: 0o600 });
  const file = join(folder, 'wayward.yaml');
  writeFileSync(file, stringify({ state: 'state', fingerprint_key: reference, secret_providers: settings }));
  const { code, stdout, stderr } = await run(['fingerprint', '--config', file], { stdin: 'token' });
  expect({ place, url, code, stderr }).not.toMatchObject({ code: 0 });
  expect([2, 3], stderr).toContain(code);
  expect(new Search([own]).in(`${place}, ${own.name}`, stdout + stderr)).toEqual([]);
}

const ownFor = (place: string, url: string): Canary =>
  place.endsWith('a key') ? serviceAccountKey(`${url}/token`) : plainCanary('a token');

test.each(Object.keys(PLACES))('%s', async (place) => {
  const bad = await Promise.all([...[200, 400, 401, 403, 404, 429, 500].map(startEcho), startMirror()]);
  onTestFinished(async () => void (await Promise.all(bad.map((server) => server.stop()))));
  const ports = [await freePort(), ...bad.map(({ port }) => port)];
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  await Promise.all(urls.map((url) => asked(place, url, ownFor(place, url))));
  const echo = `http://127.0.0.1:${bad[3]?.port}`;
  await Promise.all(canariesOfEveryShape().map((canary) => asked(place, echo, canary)));
});

describeWith('a place with a certificate that nobody trusts', startUntrusted, (untrusted) => {
  test.each(Object.keys(PLACES))('%s', async (place) => {
    const url = `https://127.0.0.1:${untrusted().port}`;
    await asked(place, url, ownFor(place, url));
  });
});
