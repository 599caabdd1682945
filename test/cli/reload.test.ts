import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { run } from './run.ts';

const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const BAD = /drift\.yaml:\d+: "titel" is not a known key; write title/;
const PATIENCE = { timeout: 60_000 };
const TIMEOUT = 60_000;

const registry = (...ids: string[]): string =>
  stringify({
    credentials: ids.map((id) => ({
      ...{ id, agent: `agent-${id}`, kind: 'api-key', owner: 't@example.com', match: { credential_id: id } },
      issued_at: new Date(Date.now() - 86_400_000).toISOString(),
    })),
  });

const line = (credential: string): string =>
  `${JSON.stringify({
    ...{ time: new Date().toISOString(), msec: String(Date.now() / 1000), request_id: `${Math.random()}` },
    ...{
      remote_addr: '10.1.2.3',
      credential,
      method: 'GET',
      uri: '/v1/orders',
      args: '',
      status: 200,
      body_bytes_sent: 9,
    },
  })}\n`;

/** A service that follows a log, in this process, with a registry and detectors that may be written. */
async function service() {
  const folder = temporaryFolder();
  const [config, log, credentials, detectors] = ['wayward.yaml', 'access.json', 'credentials.yaml', 'detectors'].map(
    (name) => join(folder, name),
  ) as [string, string, string, string];
  cpSync(DETECTORS, detectors, { recursive: true });
  writeFileSync(credentials, registry('known'));
  writeFileSync(log, '');
  const port = await freePort();
  const sources = [{ file: 'access.json', format: 'nginx-json', identity: 'from-key-map' }];
  writeFileSync(
    config,
    stringify({ state: 'state', http: { port }, credentials: 'credentials.yaml', detectors: 'detectors', sources }),
  );
  const stop = new AbortController();
  let [said, hangup]: [string, (() => void) | undefined] = ['', undefined];
  const running = run(['run', '--config', config], {
    signal: stop.signal,
    onHangup: (given) => {
      hangup = given;
    },
    onStderr: (text) => {
      said = text;
    },
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  await expect.poll(() => said, PATIENCE).toContain('"msg":"caught up"');
  return {
    ...{ credentials, log, drift: join(detectors, 'drift.yaml') },
    hangup: () => hangup?.(),
    says: (text: string) => expect.poll(() => said, PATIENCE).toContain(text),
    reload: () => run(['reload', '--config', config, '--as', 'ann']),
    health: async () => (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as object,
    end: async () => {
      stop.abort();
      return running;
    },
  };
}

test(
  'SIGHUP has the service go on with the files as they are, and stops nothing',
  async () => {
    const { credentials, log, drift, hangup, says, health, end } = await service();
    appendFileSync(drift, 'titel: x\n');
    hangup();
    await says('reload was refused: what ran before runs on');
    expect(await health()).toMatchObject({
      state: 'degraded',
      components: { reload: { state: 'degraded', reason: expect.stringMatching(BAD) } },
    });

    cpSync(join(DETECTORS, 'drift.yaml'), drift);
    writeFileSync(credentials, registry('known', 'newcomer'));
    hangup();
    await says('reloaded the registry and the detectors');
    expect(await health()).toMatchObject({ components: { reload: { state: 'ok' }, config: { state: 'ok' } } });
    appendFileSync(log, line('newcomer') + line('stranger'));
    await says('unregistered/credential_id:stranger');
    const { code, stderr } = await end();
    expect(code).toBe(0);
    expect(stderr).not.toContain('unregistered/credential_id:newcomer');
  },
  TIMEOUT,
);

test(
  'wayward reload does the same, and says what is wrong to whoever gave it',
  async () => {
    const { credentials, log, drift, reload, says } = await service();
    appendFileSync(drift, 'titel: x\n');
    expect(await reload()).toMatchObject({ code: 2, stderr: expect.stringMatching(BAD) });
    cpSync(join(DETECTORS, 'drift.yaml'), drift);
    expect(await reload()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Reloaded: 1 credentials, \d+ detectors/),
    });
    await says('those that run');
    writeFileSync(credentials, registry('other'));
    expect(await reload()).toMatchObject({ code: 0 });
    appendFileSync(log, line('known'));
    await says('unregistered/credential_id:known');
  },
  TIMEOUT,
);

test(
  'Kafka is not asked where its address is wrong: exit 3, as of any command',
  async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'wayward.yaml');
    writeFileSync(config, stringify({ state: 'state', kafka: { brokers: ['127.0.0.1:1'] } }));
    const { code, stderr } = await run(['reload', '--config', config]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('127.0.0.1:1')]);
  },
  TIMEOUT,
);
