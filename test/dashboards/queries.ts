import { translateKql } from './kql.ts';
import { lensQuery } from './lens-query.ts';
import type { DashboardPanel, ReadDashboard, ReadSavedObject } from './saved-object-schema.ts';

/** What Kibana asks Elasticsearch for a panel or a control, taken from the saved objects themselves. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  /** As the data view names its indices. */
  readonly index: string;
  /** Of `_search`, without a range of time: over all that there is. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly fields: readonly FieldUse[];
  /** Keys of its rows. */
  readonly columns: readonly string[];
  readonly rowsOf: (answer: Answer) => Row[];
}

export interface FieldUse {
  readonly name: string;
  readonly as: 'searched' | 'aggregated' | 'shown';
  /** Lens' name of its type, where the panel relies on it. */
  readonly type?: string;
}

/** By column. */
export type Row = Readonly<Record<string, unknown>>;

/** Of `_search`. */
export interface Answer {
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly fields?: Row }[];
  };
  readonly aggregations?: Readonly<Record<string, unknown>>;
}

/** `POST path` with a body, to Elasticsearch: the status and the answer's JSON. */
export type Call = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;

export function panelQueries(objects: readonly ReadSavedObject[]): PanelQuery[] {
  return objects
    .filter((object) => object.type === 'dashboard')
    .flatMap((dashboard) => {
      const queryOf = (panel: DashboardPanel) => panelQuery(objects, dashboard, panel);
      return [...dashboard.attributes.panelsJSON.flatMap(queryOf), ...controlQueries(objects, dashboard)];
    });
}

/** The rows that a panel shows. Throws where Elasticsearch refuses the query. */
export async function runPanel(call: Call, { index, body, rowsOf }: PanelQuery): Promise<Row[]> {
  const { status, body: answer } = await call('POST', `${index}/_search?allow_no_indices=false`, body);
  if (status !== 200) throw new Error(`Elasticsearch answered ${status}: ${JSON.stringify(answer).slice(0, 1000)}`);
  return rowsOf(answer as Answer);
}

function panelQuery(
  objects: readonly ReadSavedObject[],
  dashboard: ReadDashboard,
  panel: DashboardPanel,
): PanelQuery[] {
  const where = { dashboard: dashboard.attributes.title, panel: panel.title };
  const idOf = (name: string) => referenceId(dashboard, `${panel.panelIndex}:${name}`);
  if (panel.type === 'search') return [{ ...where, ...searchQuery(objects, idOf(panel.panelRefName)) }];
  const chart = panel.embeddableConfig.attributes;
  return Object.entries(chart.state.datasourceStates.formBased.layers).map(([layerId, layer]) => ({
    ...where,
    index: indexOf(objects, idOf(`indexpattern-datasource-layer-${layerId}`)),
    ...lensQuery(chart, layer),
  }));
}

const SHOWN_DOCUMENTS = 100;

function searchQuery(objects: readonly ReadSavedObject[], id: string): Omit<PanelQuery, 'dashboard' | 'panel'> {
  const search = objects.find((object) => object.type === 'search' && object.id === id);
  if (search?.type !== 'search') throw new Error(`there is no saved search ${id}`);
  const { columns, sort, kibanaSavedObjectMeta } = search.attributes;
  const { query: kql, indexRefName } = kibanaSavedObjectMeta.searchSourceJSON;
  const { query, fields } = translateKql(kql.query);
  return {
    index: indexOf(objects, referenceId(search, indexRefName)),
    body: {
      size: SHOWN_DOCUMENTS,
      query,
      sort: sort.map(([field, order]) => ({ [field]: order })),
      fields: columns,
      _source: false,
    },
    fields: [
      ...fields.map((name): FieldUse => ({ name, as: 'searched' })),
      ...sort.map(([name]): FieldUse => ({ name, as: 'aggregated' })),
      ...columns.map((name): FieldUse => ({ name, as: 'shown' })),
    ],
    columns,
    rowsOf: ({ hits }) => hits.hits.map(({ fields = {} }) => fields),
  };
}

function controlQueries(objects: readonly ReadSavedObject[], dashboard: ReadDashboard): PanelQuery[] {
  return Object.values(dashboard.attributes.controlGroupInput.panelsJSON).map(({ explicitInput }) => ({
    dashboard: dashboard.attributes.title,
    panel: `control: ${explicitInput.title}`,
    index: indexOf(objects, referenceId(dashboard, `controlGroup_${explicitInput.id}:optionsListDataView`)),
    body: { size: 0, aggs: { values: { terms: { field: explicitInput.fieldName, size: 10 } } } },
    fields: [{ name: explicitInput.fieldName, as: 'aggregated' }],
    columns: ['key', 'doc_count'],
    rowsOf: ({ aggregations: { values } = {} }) => (values as { buckets: Row[] }).buckets,
  }));
}

function referenceId({ references, id }: ReadSavedObject, name: string): string {
  const reference = references.find((one) => one.name === name);
  if (reference === undefined) throw new Error(`${id} has no reference ${name}`);
  return reference.id;
}

function indexOf(objects: readonly ReadSavedObject[], id: string): string {
  const view = objects.find((object) => object.type === 'index-pattern' && object.id === id);
  if (view?.type !== 'index-pattern') throw new Error(`there is no data view ${id}`);
  return view.attributes.title;
}
