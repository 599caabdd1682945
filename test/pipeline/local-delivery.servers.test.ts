import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { observedDocument } from '../../src/documents/observed.ts';
import type { OutgoingDocument } from '../../src/documents/outgoing.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { nameOf } from '../../src/sinks/elasticsearch/streams.ts';
import { Store } from '../../src/sinks/store.ts';
import { differencesIn } from '../chaos/in-elasticsearch.ts';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward, waywardSays } from '../live/wayward.ts';
import { parsePrometheus } from '../ops/prometheus-text.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { ACTIVITY, ALERTS, startBehindProxy } from '../sinks/elasticsearch/behind-proxy.ts';
import { documentsIn, withoutStamps } from '../sinks/elasticsearch/deliverables.ts';
import { BytesSource } from './lines.ts';
import { misuse } from './misuse.ts';

const input = misuse();
const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const STREAMS = ['activity', 'inventory'] as const;

/** What an undisturbed core shows beside alerts, by name. */
async function shown(): Promise<Map<string, OutgoingDocument>> {
  const documents = new Map<string, OutgoingDocument>();
  const core = new Core(registryOf(input.registry), shippedDetectors(), () => undefined, {
    observed: (activity) => {
      const document = observedDocument(activity);
      documents.set(`${nameOf(document.stream, 'default')}/${document.id}`, document);
    },
  });
  const options = {
    detect: (lines: readonly string[]) => detectFormat(lines, formats),
    formatById,
    context: { redactor: createRedactor(Buffer.alloc(32, 1)) },
  };
  const lanes = Object.entries(input.logs).map(
    ([name, lines]) => new Lane(new BytesSource(name, lines.map((line) => `${line}\n`).join('')), options),
  );
  for await (const batch of new Merge(lanes).batches()) core.process(batch);
  return documents;
}

/** One process with files and a local store: it has been in trouble, and ends with everything delivered. */
describeWith('wayward run without Kafka, with elasticsearch:', startBehindProxy, (place) => {
  async function newPlace(more: object = {}) {
    const { proxy, server } = place();
    proxy.faults.length = 0;
    const folder = temporaryFolder();
    for (const [name, lines] of Object.entries(input.logs)) {
      writeFileSync(join(folder, `${name}.log`), lines.map((line) => `${line}\n`).join(''));
    }
    writeFileSync(join(folder, 'credentials.yaml'), input.registry);
    const port = await freePort();
    const config = join(folder, 'wayward.yaml');
    const settings = {
      sources: Object.keys(input.logs).map((name) => ({ file: join(folder, `${name}.log`) })),
      detectors: DETECTORS,
      state: join(folder, 'state'),
      http: { port },
      elasticsearch: { node: proxy.url },
      ...more,
    };
    writeFileSync(config, stringify(settings));
    const start = () => {
      const wayward = spawnWayward(config);
      onTestFinished(() => wayward.kill());
      return wayward;
    };
    const metrics = async () => parsePrometheus(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const waiting = async () => {
      const told = await metrics();
      return ['alert', 'document'].reduce(
        (sum, kind) => sum + (told.get(`wayward_outgoing_waiting{sink="elasticsearch",kind="${kind}"}`) ?? 0),
        0,
      );
    };
    const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    return { folder, config, start, metrics, waiting, readiness, proxy, server };
  }

  test('killed between a request and its answer, before and after a rollover, while it is away: each alert and document is there once', async () => {
    const { folder, config, start, waiting, readiness, proxy, server } = await newPlace();
    let wayward = start();
    let kills = 0;
    const killed = async () => {
      await wayward.kill();
      wayward = start();
      kills++;
    };
    const killedAndRolledOver = async () => {
      for (const target of [ALERTS, ACTIVITY]) await server.call('POST', `${target}/_rollover`);
      await killed();
    };
    proxy.faults.push(
      { kind: 'cut', after: killed },
      { kind: 'answer', status: 429 },
      { kind: 'items', status: 503, carriedOut: true },
      { kind: 'cut', after: killedAndRolledOver },
      { kind: 'cut', after: killed },
    );
    await expect.poll(() => kills, { timeout: 90_000, interval: 50 }).toBe(3);
    await proxy.down();
    await wayward.line(({ msg }) => msg === 'Elasticsearch takes no documents; they wait in the local store', 60_000);
    await wayward.line(({ msg }) => msg === 'caught up', 90_000);
    expect(await readiness()).toMatchObject({
      state: 'degraded',
      components: { delivery: { reason: expect.stringMatching(/^Elasticsearch is tried again since/) } },
    });
    expect(await waiting()).toBeGreaterThan(0);
    await killed();
    await wayward.line(({ msg }) => msg === 'caught up', 90_000);
    await proxy.up();
    await expect.poll(waiting, { timeout: 90_000, interval: 200 }).toBe(0);
    await expect.poll(async () => (await readiness()) as object).toMatchObject({ state: 'ok' });
    expect(await wayward.stop()).toBe(0);

    const files = Object.keys(input.logs).map((name) => join(folder, `${name}.log`));
    const scan = await waywardSays(config, ['scan', '--json', ...files]);
    const expected = new Map(
      scan
        .trimEnd()
        .split('\n')
        .map((line) => [JSON.parse(line).event.id, line] as const),
    );
    expect(expected.size).toBeGreaterThan(50);
    expect(await differencesIn(server, expected)).toEqual([]);
    const documents = await shown();
    const found = (
      await Promise.all(
        STREAMS.map(async (stream) => {
          const target = nameOf(stream, 'default');
          return (await documentsIn(server, target)).map(
            (hit) => [`${target}/${hit._id}`, withoutStamps(hit)] as const,
          );
        }),
      )
    ).flat();
    expect(found.map(([name]) => name).toSorted()).toEqual([...documents.keys()].toSorted());
    for (const [name, document] of found) expect(document).toEqual(documents.get(name)?.document);
    expect(found.length).toBeGreaterThan(1_000);
    const store = new Store(join(folder, 'state'));
    expect(store.first('SELECT count(*) AS count FROM outgoing WHERE kind = ?', 'alert')).toEqual({ count: 0 });
    store.close();
  }, 400_000);
});
