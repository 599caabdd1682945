import { readFileSync } from 'node:fs';
import { Client } from '@elastic/elasticsearch';
import { expect, it } from 'vitest';
import { severityRose } from '../../../src/alerts/alert.ts';
import { alertDocument } from '../../../src/alerts/document.ts';
import { detectFormat } from '../../../src/formats/detect.ts';
import { createRedactor } from '../../../src/formats/redact.ts';
import { formatById, formats } from '../../../src/formats/registry.ts';
import { Core } from '../../../src/pipeline/core.ts';
import { Lane } from '../../../src/pipeline/lane.ts';
import { Merge } from '../../../src/pipeline/merge.ts';
import { AlertLimit } from '../../../src/sinks/elasticsearch/alert-limit.ts';
import { Delivery } from '../../../src/sinks/elasticsearch/delivery.ts';
import { elasticsearchSchema } from '../../../src/sinks/elasticsearch/settings.ts';
import type { AlertRevision } from '../../../src/sinks/sink.ts';
import { translateKql } from '../../dashboards/kql.ts';
import { BytesSource } from '../../pipeline/lines.ts';
import { misuse } from '../../pipeline/misuse.ts';
import { registryOf, shippedDetectors } from '../../quality/measure.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import type { Elasticsearch } from '../../servers/elasticsearch-client.ts';
import { describeWith } from '../../servers/require-server.ts';
import { setUp } from './behind-proxy.ts';
import { activity } from './deliverables.ts';

const DOCS = readFileSync(new URL('../../../docs/elastic-security.md', import.meta.url), 'utf8');
const [, RULE_QUERY = ''] = /```kql\n(.*?)\n```/s.exec(DOCS) ?? [];

const WEEK = 7 * 86_400_000;
/** The epoch began on a Thursday. */
const MONDAY = 4 * 86_400_000;

/** Every revision of every alert over two weeks in which nearly everything goes wrong. */
async function revisionsOf(): Promise<AlertRevision[]> {
  const monday = Math.floor(Date.now() / WEEK) * WEEK - 3 * WEEK + MONDAY;
  const { logs, registry } = misuse(monday);
  const revisions: AlertRevision[] = [];
  const core = new Core(registryOf(registry), shippedDetectors(), (alert) =>
    revisions.push({ alert, document: alertDocument(alert), rose: severityRose(alert) }),
  );
  const options = {
    detect: (lines: readonly string[]) => detectFormat(lines, formats),
    formatById,
    context: { redactor: createRedactor(Buffer.alloc(32, 1)) },
  };
  const lanes = Object.entries(logs).map(
    ([name, lines]) => new Lane(new BytesSource(name, lines.map((line) => `${line}\n`).join('')), options),
  );
  for await (const batch of new Merge(lanes).batches()) core.process(batch);
  return revisions;
}

interface Place extends Elasticsearch {
  readonly revisions: readonly AlertRevision[];
}

/** An Elasticsearch to which all of them were delivered, and something else, too. */
async function start(): Promise<Place> {
  const server = await startElasticsearch();
  await setUp(server);
  const revisions = await revisionsOf();
  const client = new Client({ node: server.url });
  const delivery = new Delivery({
    client,
    settings: elasticsearchSchema.parse({ node: server.url }),
    rejected: ({ id, reason }) => {
      throw new Error(`${id}: ${reason}`);
    },
    limit: new AlertLimit(100_000),
  });
  await delivery.deliver([...revisions, ...activity('other', 3)], false);
  await server.call('POST', 'logs-*/_refresh');
  await client.close();
  return { ...server, revisions };
}

/** What an alert's document has, as far as it is looked at here. */
interface Alerted {
  readonly '@timestamp': string;
  readonly message: string;
  readonly event: {
    readonly id: string;
    readonly severity: number;
    readonly risk_score: number;
    readonly ingested: string;
    readonly category: readonly string[];
  };
}

describeWith("Elastic's External Alerts rule, on what Wayward delivers", start, (place) => {
  const search = async (query: object) =>
    (await place().call('POST', 'logs-*/_search', { size: 10_000, query })).body.hits.hits as {
      _id: string;
      _source: Alerted;
    }[];

  it('its query finds one document for each severity that an alert reached, and nothing else', async () => {
    const found = (await search(translateKql(RULE_QUERY).query)).map(({ _source: { event } }) => [
      event.id,
      event.severity,
    ]);
    const due = place()
      .revisions.filter(({ rose }) => rose)
      .map(({ alert, document }) => [alert.id, (document as { event: { severity: number } }).event.severity]);
    expect(found.toSorted()).toEqual(due.toSorted());
    expect(found.length).toBeGreaterThan(100);
    expect(new Set(found.map(([, severity]) => severity))).toEqual(new Set([21, 47, 73, 99]));
  });

  it('finds in each what it overrides: a name, a time of indexing, a severity and a score', async () => {
    for (const { _source } of await search(translateKql(RULE_QUERY).query)) {
      const { message, event } = _source;
      expect(message).toMatch(/^\S.{5,200}$/);
      expect([21, 47, 73, 99]).toContain(event.severity);
      expect(event.risk_score).toBeGreaterThanOrEqual(0);
      expect(event.risk_score).toBeLessThanOrEqual(100);
      expect(Date.now() - Date.parse(event.ingested)).toBeLessThan(600_000);
      expect(Date.parse(event.ingested)).toBeGreaterThan(Date.parse(_source['@timestamp']));
      expect(event).toMatchObject({ kind: 'alert', module: 'wayward', dataset: 'wayward.alert' });
      expect(event.category).toContain('intrusion_detection');
    }
  });

  it('finds them by the time of indexing, though the events are weeks old', async () => {
    const range = (field: string) => ({ range: { [field]: { gte: 'now-10m' } } });
    const all = await search(translateKql(RULE_QUERY).query);
    const filter = (field: string) => ({ bool: { filter: [translateKql(RULE_QUERY).query, range(field)] } });
    expect(await search(filter('event.ingested'))).toHaveLength(all.length);
    expect(await search(filter('@timestamp'))).toHaveLength(0);
  });

  it('the filters that docs/elastic-security.md gives for routing answer with alerts', async () => {
    for (const kql of ['event.severity >= 73', 'event.severity < 73', 'event.module: wayward and event.severity: 99']) {
      expect(DOCS).toContain(`\`${kql}\``);
      expect((await search(translateKql(kql).query)).length).toBeGreaterThan(0);
    }
  });

  it('the whole story of an incident is under one id, and its present state in the other index', async () => {
    const { alert } = place().revisions.findLast(
      (revision) => revision.alert.severityHistory.length > 1,
    ) as AlertRevision;
    const calls = await search({ term: { 'event.id': alert.id } });
    expect(calls).toHaveLength(alert.severityHistory.length);
    await place().call('POST', 'wayward-alerts-latest/_refresh');
    const { body } = await place().call('GET', `wayward-alerts-latest/_doc/${alert.id}`);
    const newest = place().revisions.findLast((revision) => revision.alert.id === alert.id);
    expect(body._source.wayward.revision).toBe(newest?.alert.revision);
  });
});
