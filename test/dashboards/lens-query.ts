import { translateKql } from './kql.ts';
import type { LensChart, LensColumn, LensLayer } from './lens-schema.ts';
import type { Answer, FieldUse, Row } from './queries.ts';

/** One row of a table, as Lens asks Elasticsearch for it: groups nested in the order of the columns, metrics in each. */
export interface LensQuery {
  readonly body: Readonly<Record<string, unknown>>;
  readonly fields: readonly FieldUse[];
  readonly columns: readonly string[];
  readonly rowsOf: (answer: Answer) => Row[];
}

type Aggregation = Readonly<Record<string, unknown>>;
type Column<Operation extends LensColumn['operationType']> = Extract<LensColumn, { operationType: Operation }>;

/** What Kibana makes of an interval that depends on the range: for a month, an hour. */
const AUTO_INTERVAL = '1h';

export function lensQuery({ state }: LensChart, layer: LensLayer): LensQuery {
  const { query, fields } = translateKql(state.query.query);
  const columns = layer.columnOrder.map((id) => [id, columnOf(layer, id)] as const);
  const groups = columns.filter(([, { isBucketed }]) => isBucketed);
  const metrics = columns.filter(([, { isBucketed }]) => !isBucketed);
  const metricAggregations = Object.fromEntries(
    metrics.flatMap(([id, column]) => {
      const aggregation = filtered(column, metricAggregation(column));
      return aggregation === undefined ? [] : [[id, aggregation]];
    }),
  );
  // Metrics at each level, since a group is put in order by them.
  const aggs = groups.reduceRight<Record<string, Aggregation>>(
    (inner, [id, column]) => ({ ...metricAggregations, [id]: { ...groupAggregation(layer, column), aggs: inner } }),
    metricAggregations,
  );
  return {
    body: { size: 0, track_total_hits: true, query, aggs },
    fields: [
      ...fields.map((name): FieldUse => ({ name, as: 'searched' })),
      ...columns.flatMap(([, column]) => fieldsOf(column)),
    ],
    columns: layer.columnOrder,
    rowsOf: ({ hits, aggregations = {} }) =>
      hits.total.value === 0 ? [] : rowsOf({ doc_count: hits.total.value, ...aggregations }, groups, metrics),
  };
}

function columnOf(layer: LensLayer, id: string): LensColumn {
  const column = layer.columns[id];
  if (column === undefined) throw new Error(`there is no column ${id}`);
  return column;
}

function fieldsOf(column: LensColumn): FieldUse[] {
  const inFilter = column.filter === undefined ? [] : translateKql(column.filter.query).fields;
  const searched =
    column.operationType === 'filters'
      ? column.params.filters.flatMap(({ input }) => translateKql(input.query).fields)
      : inFilter;
  const own: FieldUse[] =
    column.operationType === 'filters' || column.operationType === 'count'
      ? []
      : [{ name: column.sourceField, as: 'aggregated', ...expectedType(column) }];
  return [...searched.map((name): FieldUse => ({ name, as: 'searched' })), ...own];
}

/** How many different values there are can be asked of any field; everything else has the type of its field. */
const expectedType = ({ operationType, dataType }: LensColumn): Pick<FieldUse, 'type'> =>
  operationType === 'unique_count' ? {} : { type: dataType };

function groupAggregation(layer: LensLayer, column: LensColumn): Aggregation {
  switch (column.operationType) {
    case 'terms':
      return { terms: { field: column.sourceField, size: column.params.size, order: orderOf(layer, column) } };
    case 'date_histogram': {
      const { interval } = column.params;
      const fixed_interval = interval === 'auto' ? AUTO_INTERVAL : interval;
      return { date_histogram: { field: column.sourceField, fixed_interval, min_doc_count: 1 } };
    }
    case 'filters':
      return {
        filters: {
          filters: Object.fromEntries(
            column.params.filters.map(({ label, input }) => [label, translateKql(input.query).query]),
          ),
        },
      };
    default:
      throw new Error(`${column.operationType} does not group`);
  }
}

function orderOf(layer: LensLayer, { params: { orderBy, orderDirection } }: Column<'terms'>): Record<string, string> {
  if (orderBy.type === 'alphabetical') return { _key: orderDirection };
  if (orderBy.type === 'rare') throw new Error('rare terms are not translated');
  const by = columnOf(layer, orderBy.columnId);
  if (by.filter !== undefined || by.operationType === 'last_value' || by.operationType === 'percentile')
    throw new Error(`an order by ${by.label} is not translated`);
  return { [by.operationType === 'count' ? '_count' : orderBy.columnId]: orderDirection };
}

/** Undefined for the number of documents, which every bucket has. */
function metricAggregation(column: LensColumn): Aggregation | undefined {
  switch (column.operationType) {
    case 'count':
      return undefined;
    case 'unique_count':
      return { cardinality: { field: column.sourceField } };
    case 'percentile':
      return { percentiles: { field: column.sourceField, percents: [column.params.percentile] } };
    case 'last_value':
      // Kibana asks for top_metrics, which needs a module that the tests' Elasticsearch lacks; the value is the same.
      return {
        top_hits: {
          size: 1,
          sort: [{ [column.params.sortField]: 'desc' }],
          _source: false,
          fields: [column.sourceField],
        },
      };
    case 'sum':
    case 'max':
    case 'min':
      return { [column.operationType]: { field: column.sourceField } };
    default:
      throw new Error(`${column.operationType} is not translated`);
  }
}

/** A metric over some of the documents only, as a `filter` around it. */
function filtered({ filter }: LensColumn, metric: Aggregation | undefined): Aggregation | undefined {
  if (filter === undefined) return metric;
  const aggs = metric === undefined ? {} : { aggs: { value: metric } };
  return { filter: translateKql(filter.query).query, ...aggs };
}

type Columns = readonly (readonly [string, LensColumn])[];
type Bucket = Readonly<Record<string, unknown>> & { readonly doc_count: number };

/** A row for each of the innermost groups that holds a document. */
function rowsOf(bucket: Bucket, groups: Columns, metrics: Columns): Row[] {
  const [first, ...inner] = groups;
  if (bucket.doc_count === 0) return [];
  if (first === undefined)
    return [Object.fromEntries(metrics.map(([id, column]) => [id, valueIn(bucket, id, column)]))];
  const [id] = first;
  return bucketsOf(bucket[id]).flatMap(([key, child]) =>
    rowsOf(child, inner, metrics).map((row) => ({ [id]: key, ...row })),
  );
}

function bucketsOf(result: unknown): [unknown, Bucket][] {
  const { buckets } = result as {
    buckets: (Bucket & { key: unknown; key_as_string?: string })[] | Record<string, Bucket>;
  };
  if (!Array.isArray(buckets)) return Object.entries(buckets);
  return buckets.map((bucket) => [bucket.key_as_string ?? bucket.key, bucket]);
}

/** Null where there is none. */
function valueIn(bucket: Bucket, id: string, column: LensColumn): unknown {
  const isCount = column.operationType === 'count';
  const own = column.filter === undefined && isCount ? bucket : bucket[id];
  if (isCount) return (own as Bucket).doc_count;
  const result = (column.filter === undefined ? own : (own as { value: unknown }).value) as MetricResult;
  if (column.operationType === 'last_value') return result.hits?.hits[0]?.fields?.[column.sourceField] ?? null;
  if (result.values !== undefined) return Object.values(result.values)[0] ?? null;
  return result.value ?? null;
}

/** What `top_hits`, `percentiles` and the rest answer. */
interface MetricResult {
  readonly hits?: { readonly hits: readonly { readonly fields?: Readonly<Record<string, unknown>> }[] };
  readonly values?: Readonly<Record<string, number | null>>;
  readonly value?: number | null;
}
