import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Revoker } from '../../src/response/action.ts';
import { envoy } from '../../src/revokers/envoy.ts';
import { nginx } from '../../src/revokers/nginx.ts';
import * as envoyGateway from '../revokers/envoy-gateway.ts';
import { statusOf } from '../revokers/live-use.ts';
import { keyOf, nginxSettings, startNginxGateway } from '../revokers/nginx-gateway.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startEnvoy } from '../servers/envoy.ts';
import { startNginx } from '../servers/nginx.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

interface Gateway {
  readonly url: string;
  readonly deniedFile: string;
  stop(): Promise<void>;
}

interface Kind {
  readonly with: 'nginx' | 'envoy';
  readonly revoker: Revoker;
  /** How it refuses. */
  readonly status: number;
  start(): Promise<{ readonly gateway: Gateway; readonly settings: Record<string, unknown> }>;
}

const NGINX: Kind = {
  with: 'nginx',
  revoker: nginx,
  status: 401,
  async start() {
    const gateway = await startNginxGateway();
    return { gateway, settings: { nginx: nginxSettings(gateway) } };
  },
};
const ENVOY: Kind = {
  with: 'envoy',
  revoker: envoy,
  status: 403,
  async start() {
    const gateway = await envoyGateway.startEnvoyGateway();
    return { gateway, settings: { envoy: envoyGateway.envoySettings(gateway) } };
  },
};

const tests = (kind: Kind) => () => {
  let running: Awaited<ReturnType<Kind['start']>> | undefined;
  const here = () => {
    if (running === undefined) throw new Error('no gateway was started');
    return running;
  };
  beforeEach(async () => {
    running = await kind.start();
  });
  afterEach(async () => {
    await running?.gateway.stop();
    running = undefined;
  });
  const entry = async (changes: object = {}) => ({
    with: kind.with,
    url: here().gateway.url,
    credential_id: 'cred-a',
    key: await secretOf(keyOf('cred-a')),
    ...changes,
  });
  const denied = () => readFileSync(here().gateway.deniedFile, 'utf8');
  const status = (id: string) => statusOf(here().gateway.url, keyOf(id));

  test('a key is used, denied over the whole path, refused, and allowed again; again and again', async () => {
    const { response, hold } = drillsOf(here().settings);
    for (let time = 0; time < 2; time++) {
      const report = await hold(await entry());
      expect(report).toMatchObject({ passed: true, note: `the gateway answered with ${kind.status}` });
      expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-passed']);
      expect(denied()).not.toContain('cred-a');
    }
    expect(await Promise.all(['cred-a', 'cred-b'].map(status))).toEqual([200, 200]);
  });

  test('one that died in the middle left its key denied: the next one allows it first', async () => {
    const { settings } = here();
    const left = kind.revoker.prepare(settings[kind.with], { with: kind.with, credential_id: 'cred-a' });
    await left.revoke({ key: 'k', credential: 'c', agent: 'a' });
    expect(await status('cred-a')).toBe(kind.status);
    expect(await drillsOf(settings).hold(await entry())).toMatchObject({ passed: true });
    expect(await status('cred-a')).toBe(200);
  });

  test('a revoker that claims to have revoked is found out', async () => {
    const liar: Revoker = {
      ...kind.revoker,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const report = await drillsOf(here().settings, {}, [], { revokers: [liar] }).hold(await entry());
    expect(report).toMatchObject({ passed: false, note: 'refuse: the gateway answered the denied key with 200' });
  });

  test('a key that opens nothing, and a gateway that is away, fail the drill; no key is shown', async () => {
    const { hold } = drillsOf(here().settings);
    const wrong = await hold(await entry({ key: await secretOf('key-canary-wrong') }));
    expect(wrong.note).toMatch(/^use: the gateway answered the key for drills with 40[13]$/);
    const away = await hold(await entry({ url: 'http://127.0.0.1:2/' }));
    expect(away.note).toMatch(/^use: gateway at url: .*ECONNREFUSED/);
    expect(JSON.stringify([wrong, away])).not.toContain('key-canary');
    expect(denied()).not.toContain('cred-a');
  });

  test('an id that its owner has denied by hand is the owner’s to allow: the drill says so, and the line stays', async () => {
    if (kind.with !== 'nginx') return; // Envoy's file is Wayward's own
    writeFileSync(here().gateway.deniedFile, '"cred-a" 1;\n');
    const { note } = await drillsOf(here().settings).hold(await entry());
    expect(note).toMatch(/^create: nginx's map has a line for "cred-a" that Wayward did not write/);
    expect(denied()).toBe('"cred-a" 1;\n');
  });
};

describeWith('a drill on nginx', startNginx, tests(NGINX));
describeWith('a drill on Envoy', startEnvoy, tests(ENVOY));
