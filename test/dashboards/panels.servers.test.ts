import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { createElasticsearch } from '../../src/sinks/elasticsearch/client.ts';
import { featuresOf } from '../../src/sinks/elasticsearch/features.ts';
import { elasticsearchSchema } from '../../src/sinks/elasticsearch/settings.ts';
import { applyStep, planSetup } from '../../src/sinks/elasticsearch/setup.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import type { Elasticsearch } from '../servers/elasticsearch-client.ts';
import { describeWith } from '../servers/require-server.ts';
import { unmappedFields } from './mapped-fields.ts';
import { type PanelQuery, panelQueries, type Row, runPanel } from './queries.ts';
import { readSavedObjects } from './saved-object-schema.ts';
import { seed } from './seed.ts';

const file = readFileSync(new URL('../../dashboards/wayward.ndjson', import.meta.url), 'utf8');
const queries = panelQueries(readSavedObjects(file));

/** The first panel that is another one in a file where each `from` is a `to`. */
function panelAfter(from: string, to: string): PanelQuery {
  const changed = panelQueries(readSavedObjects(file.replaceAll(from, to)));
  const found = changed.find(({ body }, index) => JSON.stringify(body) !== JSON.stringify(queries[index]?.body));
  if (found === undefined) throw new Error(`no panel has ${from}`);
  return found;
}

/** Columns without a value in any row; a zero is none: the seed has something for everything. */
const emptyColumns = ({ columns }: PanelQuery, rows: readonly Row[]): string[] =>
  columns.filter((column) => rows.every((row) => [null, undefined, 0].includes(row[column] as null)));

const SUITE = 'each panel, with the query that the saved objects hold, on a real Elasticsearch';

describeWith(SUITE, startElasticsearch, (server) => {
  const call: Elasticsearch['call'] = (...request) => server().call(...request);
  const rowsOf = (dashboard: string, panel: string): Promise<Row[]> => {
    const query = queries.find((one) => one.dashboard === `Wayward: ${dashboard}` && one.panel === panel);
    if (query === undefined) throw new Error(`there is no panel ${panel}`);
    return runPanel(call, query);
  };

  beforeAll(async () => {
    await setUp(server().url);
    for (const { target, id, document } of seed(Date.now())) {
      const { status, body } = await call('PUT', `${target}/_create/${id}`, document);
      expect(status, JSON.stringify(body)).toBe(201);
    }
    expect((await call('POST', 'wayward-alerts-latest,logs-wayward.*,metrics-wayward.*/_refresh')).status).toBe(200);
  });

  test.each(queries.map((query) => [query.dashboard, query.panel, query] as const))('%s: %s', async (_, __, query) => {
    expect(await unmappedFields(call, query)).toEqual([]);
    const rows = await runPanel(call, query);
    expect(rows).not.toEqual([]);
    expect(emptyColumns(query, rows)).toEqual([]);
  });

  test('the numbers are those of the seed', async () => {
    expect(await rowsOf('Overview', 'Need a look')).toEqual([{ value: 3 }]); // one of an earlier version among them
    expect(await rowsOf('Overview', 'Severe ones of these')).toEqual([{ value: 2 }]);
    expect(await rowsOf('Overview', 'Running now')).toEqual([{ value: 2 }]);
    expect(await rowsOf('Credential', 'Requests')).toEqual([{ value: 48 * 40 + (47 * 48) / 2 }]);
    expect(await rowsOf('Response', 'Revoked')).toEqual([{ value: 1 }]);
    expect(await rowsOf('Response', 'Drills')).toEqual([{ value: 1 }]);
    expect(await rowsOf('Response', '50 % dead within')).toEqual([{ value: 32 }]);
    expect(await rowsOf('Response', 'For real, as a drill, or dry')).toEqual([
      { slices: 'Drill', value: 2 },
      { slices: 'Dry run', value: 1 },
      { slices: 'For real', value: 4 },
    ]);
    expect(await rowsOf('Hygiene', 'Expire within 14 days')).toEqual([{ value: 1 }]);
    expect(await rowsOf('Hygiene', 'Scopes that were never used')).toEqual([
      {
        credential: 'cred-billing-pg',
        agent: ['billing-agent-1'],
        unused: ['DELETE *'],
        scopes: ['GET /v1/orders/*', 'DELETE *'],
      },
    ]);
  });

  test.each([
    ['wayward.credential.owner', 'wayward.credential.team', 'wayward.credential.team is not mapped'],
    ['rule.name', 'message', /^message \(\w*text\) can't be grouped or computed with$/],
    ['\\"source.ip', '\\"source.address', 'source.address is keyword, and the panel takes it for ip'],
  ])('a panel with %s for %s is found out', async (from, to, problem) => {
    expect(await unmappedFields(call, panelAfter(from, to))).toContainEqual(
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    );
  });

  test('a panel whose question nothing answers has no rows', async () => {
    expect(await runPanel(call, panelAfter('event.severity >= 73', 'event.severity >= 730'))).toEqual([]);
  });

  test('a panel that Elasticsearch refuses is an error, and so is one of an index that is not there', async () => {
    const [query] = queries;
    if (query === undefined) throw new Error('there are no panels');
    await expect(runPanel(call, { ...query, body: { query: { nonsense: {} } } })).rejects.toThrow('answered 400');
    await expect(runPanel(call, { ...query, index: 'wayward-nothing-*' })).rejects.toThrow('answered 404');
  });
});

/** As `wayward setup elasticsearch` does. */
async function setUp(node: string): Promise<void> {
  const client = createElasticsearch(elasticsearchSchema.parse({ node }));
  for (const step of await planSetup(client, await featuresOf(client), 'default')) await applyStep(client, step);
  await client.close();
}
