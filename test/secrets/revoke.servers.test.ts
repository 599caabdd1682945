import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { CRASH_ISSUERS, type CrashIssuer, type LiveCredential } from '../response/crashes/issuers.ts';
import { fillPlace } from '../response/crashes/place.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { SESSION_SECRETS, startEcho, startMirror, startSilence, startUntrusted } from './bad-servers.ts';
import { type Canary, canariesOfEveryShape, canaryOf, plainCanary, serviceAccountKey } from './canaries.ts';
import { Search } from './search.ts';

/** Every issuer by its revokers, and a server that does harm in its place. */
const start = () =>
  startTogether({
    issuers: () =>
      startTogether(
        Object.fromEntries(CRASH_ISSUERS.map(([revokers, startIssuer]) => [String(revokers), startIssuer])),
      ),
    untrusted: startUntrusted,
  });

interface Target {
  readonly revoker: string;
  readonly issuer: Pick<CrashIssuer, 'settings' | 'secrets'>;
  readonly credential: LiveCredential;
}

/** One order to revoke, up to its end or to the first failure that is tried again; and the leaks of all that it said and left. */
async function revoked(target: Target, canaries: readonly Canary[], folder = temporaryFolder()) {
  mkdirSync(folder, { recursive: true });
  const config = fillPlace(folder, target);
  const order = ['--credential', 'cred', '--execute', '--as', 'ann', '--config', config];
  const said = await run(['revoke', ...order], { until: /trying again/ });
  const search = new Search(canaries);
  const leaks = [
    ...search.in('stdout', said.stdout),
    ...search.in('stderr', said.stderr),
    ...search.inFolder('state', join(folder, 'state')),
  ];
  return { ...said, leaks, config, search };
}

/** What an issuer and a credential know of secrets; of a URL its password, too. */
function secretsOf({ issuer, credential }: Pick<Target, 'issuer' | 'credential'>): Canary[] {
  const all = Object.entries({ ...issuer.secrets, ...credential.files });
  return all.flatMap(([name, value]) => {
    const password = URL.canParse(value) ? decodeURIComponent(new URL(value).password) : '';
    const key = value.startsWith('{') ? String(JSON.parse(value).private_key) : '';
    return [value, password, key].filter((secret) => secret !== '').map((secret) => canaryOf(name, secret));
  });
}

/** The same with every address replaced by that port of this machine, and `http` by `scheme`. */
const led = <T>(value: T, port: number, scheme: string): T =>
  JSON.parse(
    JSON.stringify(value).replaceAll(
      /(http:\/\/)?(?:127\.0\.0\.1|localhost):\d+/g,
      (_all, http) => `${http === undefined ? '' : `${scheme}://`}127.0.0.1:${port}`,
    ),
  );

const ledTo = (target: Target, port: number, scheme = 'http'): Target => {
  const { issuer, credential } = target;
  return {
    ...target,
    issuer: led(issuer, port, scheme),
    credential: { ...credential, spec: led(credential.spec, port, scheme) },
  };
};

/** As a role that is assumed first, whose session has secrets of its own. */
function withRole(target: Target): Target[] {
  const { settings, secrets } = target.issuer;
  if (!('aws' in settings)) return [];
  const aws = { ...(settings.aws as object), role_arn: 'arn:aws:iam::123456789012:role/wayward' };
  return [{ ...target, issuer: { settings: { aws }, secrets } }];
}

/** Google's APIs are called with a token at once, where one is given instead of a key. */
function withAccessToken(target: Target): Target[] {
  const { settings, secrets } = target.issuer;
  if (!('gcp' in settings)) return [];
  const { key, ...gcp } = settings.gcp as Record<string, unknown>;
  const issuer = {
    settings: { gcp: { ...gcp, access_token: key } },
    secrets: { ...secrets, issuer: plainCanary('token').value },
  };
  return [{ ...target, issuer }];
}

describeWith('wayward revoke: no secret comes out', start, (servers) => {
  /** A credential of each revoker. */
  const targets = () =>
    Promise.all(
      CRASH_ISSUERS.flatMap(([revokers]) =>
        revokers.map(async (revoker): Promise<Target> => {
          const issuer = servers().issuers[String(revokers)];
          const credential = await issuer?.newCredential[revoker]?.(temporaryFolder());
          if (issuer === undefined || credential === undefined) throw new Error(`no credential for ${revoker}`);
          return { revoker, issuer, credential };
        }),
      ),
    );

  test('where it succeeds, is restored, looked at and verified', async () => {
    for (const target of await targets()) {
      const { code, stderr, leaks, config, search } = await revoked(target, secretsOf(target));
      expect({ revoker: target.revoker, code, stderr }).toMatchObject({ code: 0 });
      expect(leaks).toEqual([]);
      for (const args of [
        ['restore', '--credential', 'cred', '--execute'],
        ['audit', 'verify'],
        ['approve'],
        ['halt'],
      ]) {
        const { stdout, stderr } = await run([...args, '--config', config]);
        expect(search.in(args[0] ?? '', stdout + stderr)).toEqual([]);
      }
      expect(search.inFolder('state', join(config, '..', 'state'))).toEqual([]);
    }
  });

  test('where the server is down, silent, not trusted, not what it should be, or says back what it is told', async () => {
    const bad = await Promise.all([
      ...[200, 400, 401, 403, 404, 429, 500].map(startEcho),
      ...[startMirror(), startSilence()],
    ]);
    try {
      const ports = [await freePort(), ...bad.map(({ port }) => port)];
      const faults = (await targets())
        .flatMap((target) => [target, ...withAccessToken(target), ...withRole(target)])
        .filter((target) => secretsOf(target).length > 0)
        .flatMap((target) => [
          ...ports.map((port) => ledTo(target, port)),
          ledTo(target, servers().untrusted.port, 'https'),
        ]);
      await Promise.all(
        faults.map(async (fault) => {
          const { code, leaks, stderr } = await revoked(fault, [
            ...secretsOf(fault),
            ...Object.values(SESSION_SECRETS),
          ]);
          expect(leaks).toEqual([]);
          expect({ revoker: fault.revoker, code, stderr }).not.toMatchObject({ code: 2 });
        }),
      );
    } finally {
      await Promise.all(bad.map((server) => server.stop()));
    }
  });

  test('where the secret is a wrong one, of whatever shape', async () => {
    const all = await targets();
    const firsts = [...Map.groupBy(all, ({ issuer }) => issuer).values()].flatMap(([first]) => first ?? []);
    const wrongs = firsts.flatMap((target) => {
      const { issuer: right } = target.issuer.secrets;
      if (right === undefined) return [];
      const canaries = [...canariesOfEveryShape(), serviceAccountKey('http://127.0.0.1:9/token')];
      return canaries.map((canary) => ({ target, canary, written: [canary.value, ...inUrl(right, canary.value)] }));
    });
    expect(wrongs.length).toBeGreaterThan(150);
    await Promise.all(
      wrongs.map(async ({ target, canary, written }) => {
        for (const wrong of written) {
          const issuer = { ...target.issuer, secrets: { ...target.issuer.secrets, issuer: wrong } };
          const { leaks, stderr, code } = await revoked({ ...target, issuer }, [canary, ...secretsOf(target)]);
          expect(leaks).toEqual([]);
          // A receiver's key is for the receiver to check.
          if (target.revoker !== 'webhook') expect({ name: canary.name, code, stderr }).toMatchObject({ code: 3 });
        }
      }),
    );
  });
});

/** As the password of a URL, encoded as it should be and as people do it. */
function inUrl(url: string, password: string): string[] {
  if (!URL.canParse(url)) return [];
  const { protocol, username, host, pathname } = new URL(url);
  return [encodeURIComponent(password), password].map(
    (written) => `${protocol}//${username}:${written}@${host}${pathname}`,
  );
}
