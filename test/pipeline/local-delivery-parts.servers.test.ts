import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { Store } from '../../src/sinks/store.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward, waywardSays } from '../live/wayward.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { LATEST, setUp, startBehindProxy } from '../sinks/elasticsearch/behind-proxy.ts';
import { documentsIn } from '../sinks/elasticsearch/deliverables.ts';

const LOG = join(import.meta.dirname, '..', 'fixtures', 'logs', 'nginx-access.jsonl');

/** A log of two unregistered credentials, each an alert, and a wayward.yaml. */
function newPlace(settings: object) {
  const folder = temporaryFolder();
  const log = join(folder, 'access.json');
  copyFileSync(LOG, log);
  const config = join(folder, 'wayward.yaml');
  const state = join(folder, 'state');
  const write = (more: object) =>
    writeFileSync(config, stringify({ sources: [{ file: log }], state, ...settings, ...more }));
  write({});
  const start = () => {
    const wayward = spawnWayward(config, { PASSWORD: 'canary-password' });
    onTestFinished(() => wayward.kill());
    return wayward;
  };
  const inStore = <T>(look: (store: Store) => T): T => {
    const store = new Store(state);
    try {
      return look(store);
    } finally {
      store.close();
    }
  };
  return { config, write, start, inStore };
}

const rows = (store: Store): number => Number(store.first('SELECT count(*) AS count FROM outgoing')?.count);

describeWith('wayward run without Kafka, and what is delivered beside alerts', startBehindProxy, (place) => {
  test('without elasticsearch: nothing is made for it, and it can be switched on later', async () => {
    const { server } = place();
    const { write, start, inStore } = newPlace({});
    const before = start();
    await before.line(({ msg }) => msg === 'caught up');
    await before.stop();
    expect(inStore(rows)).toBe(0);
    write({ elasticsearch: { node: server.url } });
    const after = start();
    await after.line(({ msg }) => msg === 'watching');
    expect(await after.stop()).toBe(0);
    // That its log proves no identity may be said while it runs.
    const complaints = after.lines.filter(
      ({ level, msg }) => level !== 'info' && !String(msg).includes('nothing proves it'),
    );
    expect(complaints).toEqual([]);
  });

  test('a command beside it: what response did is told, and how the process is', async () => {
    const { server } = place();
    const { config, start } = newPlace({ elasticsearch: { node: server.url }, http: { port: await freePort() } });
    const wayward = start();
    await wayward.line(({ msg }) => msg === 'caught up');
    const alerts = async () => (await documentsIn(server, LATEST)).length;
    await expect.poll(alerts, { timeout: 60_000 }).toBe(2);
    await waywardSays(config, ['halt']);
    const told = async () =>
      (await documentsIn(server, 'logs-wayward.response-default').catch(() => [])).map(
        ({ _source }) => _source.event.action,
      );
    await expect.poll(told, { timeout: 60_000 }).toContain('halted');
    const measured = async () =>
      (await documentsIn(server, 'logs-wayward.health-default').catch(() => [])).map(
        ({ _source }) => _source.wayward.health.metric,
      );
    await expect.poll(measured, { timeout: 30_000 }).toContain('principals');
    expect(await wayward.stop()).toBe(0);
  });

  test('a document that is refused is a dead letter, counted, and nothing waits for it', async () => {
    const { server } = place();
    const namespace = 'strict';
    await server.call('PUT', '_index_template/strict', {
      index_patterns: ['logs-wayward.alert-strict'],
      priority: 900,
      data_stream: {},
      template: { mappings: { properties: { message: { type: 'long' } } } },
    });
    const port = await freePort();
    const { start } = newPlace({ elasticsearch: { node: server.url, namespace }, http: { port } });
    const wayward = start();
    await wayward.line(({ msg }) => msg === 'Elasticsearch rejected a document', 60_000);
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await expect.poll(metrics).toContain('wayward_dead_letters_total{reason="elasticsearch-rejected"} 2\n');
    await expect.poll(metrics).toContain('wayward_outgoing_waiting{sink="elasticsearch",kind="alert"} 0\n');
    expect(await wayward.stop()).toBe(0);
  });

  test('an Elasticsearch that was never set up, or is none: exit 3 and what to do, before anything is read', async () => {
    const { proxy, server } = place();
    const { config, inStore } = newPlace({ elasticsearch: { node: proxy.url } });
    await server.call('DELETE', LATEST);
    const { code, stderr } = await run(['run', '--config', config]);
    expect(stderr).toContain('has no index wayward-alerts-latest: run `wayward setup elasticsearch` first');
    expect(code).toBe(3);
    await setUp(server);
    expect(inStore((store) => store.loadCheckpoint('local'))).toBeUndefined();
  });

  test('one that is away at the start: alerts are kept, and it ends in good order with what waits', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const { start, inStore, config } = newPlace({ elasticsearch: { node: nobody } });
    const wayward = start();
    await wayward.line(({ msg }) => msg === 'Elasticsearch takes no documents; they wait in the local store');
    await wayward.line(({ msg }) => msg === 'caught up');
    expect(await wayward.stop()).toBe(0);
    expect(wayward.lines).toContainEqual(
      expect.objectContaining({ msg: 'not everything was delivered; the rest waits for the next start' }),
    );
    expect(inStore(rows)).toBeGreaterThan(0);
    expect(await waywardSays(config, ['alerts', 'list', '--json'])).toContain('"event"');
  });
});
