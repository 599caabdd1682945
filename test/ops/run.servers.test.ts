import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward, waywardSays } from '../live/wayward.ts';
import { freePort } from '../servers/free-port.ts';
import { parsePrometheus } from './prometheus-text.ts';

const LOG = join(import.meta.dirname, '..', 'fixtures', 'logs', 'nginx-access.jsonl');
const RECORDS = 22;

async function newPlace(response: object = {}) {
  const folder = temporaryFolder();
  const log = join(folder, 'access.json');
  copyFileSync(LOG, log);
  const port = await freePort();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(
    config,
    stringify({ sources: [{ file: log }], state: join(folder, 'state'), http: { port }, response }),
  );
  return { config, log, url: `http://127.0.0.1:${port}` };
}

function start(config: string) {
  const wayward = spawnWayward(config);
  onTestFinished(() => wayward.kill());
  return wayward;
}

test('a running Wayward is alive, ready, and tells in numbers what it has done', async () => {
  const { config, log, url } = await newPlace();
  const wayward = start(config);
  await wayward.line(({ msg }) => msg === 'caught up');
  for (const path of ['/healthz', '/readyz']) {
    const answer = await fetch(url + path);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ state: 'ok', components: { response: { state: 'ok' } } });
  }
  const scrape = async () => {
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return parsePrometheus(await answer.text());
  };
  const before = await scrape();
  expect(before.get(`wayward_records_total{source="${log}"}`)).toBe(RECORDS);
  expect(before.get('wayward_events_total')).toBe(RECORDS);
  // Each of the two credentials is in no registry.
  expect(before.get('wayward_alerts_total{severity="medium"}')).toBe(2);
  expect(before.get('wayward_alert_latency_seconds_count')).toBe(2);
  expect(before.get('wayward_config_stale')).toBe(0);
  expect(before.get('wayward_breaker_open')).toBe(0);
  expect(before.get('wayward_watermark_delay_seconds')).toBeLessThan(2);
  expect(before.has('wayward_restore_seconds')).toBe(false);
  expect(before.get('process_cpu_seconds_total')).toBeGreaterThan(0);

  appendFileSync(log, '{"not": a record\n');
  const letters = 'wayward_dead_letters_total{reason="invalid-json"}';
  await expect.poll(async () => (await scrape()).get(letters), { timeout: 60_000 }).toBe(1);
  expect((await scrape()).get(`wayward_records_total{source="${log}"}`)).toBe(RECORDS + 1);
  expect(await wayward.stop()).toBe(0);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});

test('the kill switch is seen: still ready, but degraded', async () => {
  const { config, url } = await newPlace();
  const wayward = start(config);
  await wayward.line(({ msg }) => msg === 'watching');
  await waywardSays(config, ['halt']);
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    state: 'degraded',
    components: { response: { state: 'degraded', reason: expect.stringMatching(/^automatic response was halted by/) } },
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('wayward_halted 1\n');
});

test('a connection that is kept open does not keep it from stopping', async () => {
  const { config, url } = await newPlace();
  const wayward = start(config);
  await wayward.line(({ msg }) => msg === 'watching');
  await (await fetch(`${url}/healthz`)).text();
  const began = Date.now();
  expect(await wayward.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(4_000);
});

test('a port that is in use: exit 2, what to write, and nothing was begun', async () => {
  const { config, url } = await newPlace();
  const first = start(config);
  await first.line(({ msg }) => msg === 'watching');
  const other = join(temporaryFolder(), 'wayward.yaml');
  const port = Number(new URL(url).port);
  writeFileSync(other, stringify({ sources: [{ file: LOG, follow: false }], http: { port } }));
  await expect(waywardSays(other, ['run'])).rejects.toMatchObject({
    code: 2,
    stderr: `wayward.yaml: http: 127.0.0.1:${port} is used by another program, perhaps a Wayward that runs already; stop that, or write another port, such as port: ${port + 1}\n`,
  });
});

test('without http: nothing listens', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, stringify({ sources: [{ file: LOG, follow: false }], state: join(folder, 'state') }));
  const wayward = start(config);
  await wayward.line(({ msg }) => msg === 'stopped');
  expect(wayward.lines.some(({ msg }) => String(msg).startsWith('serving'))).toBe(false);
});
