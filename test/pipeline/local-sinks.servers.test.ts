import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward, waywardSays } from '../live/wayward.ts';
import { startFakeSplunk } from '../servers/fake-splunk.ts';
import { startReceiver } from '../servers/receiver.ts';

const LOG = join(import.meta.dirname, '..', 'fixtures', 'logs', 'nginx-access.jsonl');
const PATIENCE = 60_000;

/** Two sinks and a log of two unregistered credentials, each an alert. */
async function newPlace() {
  const splunk = await startFakeSplunk();
  const collector = await startReceiver();
  onTestFinished(() => Promise.all([splunk.stop(), collector.stop()]).then(() => undefined));
  const folder = temporaryFolder();
  const log = join(folder, 'access.json');
  copyFileSync(LOG, log);
  const config = join(folder, 'wayward.yaml');
  const settings = {
    sources: [{ file: log }],
    state: join(folder, 'state'),
    otlp: { endpoint: collector.url, headers: { 'x-api-key': 'secret://env/OTLP_KEY' } },
    splunk: { url: splunk.url, token: 'secret://env/HEC_TOKEN' },
  };
  writeFileSync(config, stringify(settings));
  const env = { HEC_TOKEN: splunk.token, OTLP_KEY: 'canary-of-the-key' };
  const start = () => {
    const wayward = spawnWayward(config, env);
    onTestFinished(() => wayward.kill());
    return wayward;
  };
  const ofType = (type: string) => splunk.events.filter(({ sourcetype }) => sourcetype === type);
  return { splunk, collector, config, start, ofType, env };
}

test(
  'without Kafka each sink gets every alert and what response did; one that is away gets all of it after a restart',
  async () => {
    const { collector, config, start, ofType, env } = await newPlace();
    collector.answer(503);
    const first = start();
    await expect.poll(() => ofType('wayward:alert').length, { timeout: PATIENCE }).toBe(2);
    await waywardSays(config, ['halt'], env);
    const halted = () => ofType('wayward:response').filter(({ event }) => JSON.stringify(event).includes('"halted"'));
    await expect.poll(halted, { timeout: PATIENCE }).toHaveLength(1);
    await first.line(({ msg }) => String(msg).startsWith('OTLP receiver takes no documents; they wait'));
    await first.kill();

    collector.received.length = 0;
    collector.answer(200, '{}');
    const second = start();
    const text = () => collector.received.map(({ body }) => body).join('');
    const ids = ofType('wayward:alert').map(({ event }) => (event as { event: { id: string } }).event.id);
    await expect.poll(() => ids.filter((id) => !text().includes(id)), { timeout: PATIENCE }).toEqual([]);
    await expect.poll(text, { timeout: PATIENCE }).toContain('"halted"');
    expect(await second.stop()).toBe(0);
    expect(collector.received[0]?.headers['x-api-key']).toBe('canary-of-the-key');
    expect(JSON.stringify([first.lines, second.lines])).not.toContain('canary-of-the-key');
  },
  3 * PATIENCE,
);
