import { type KqlQuery, kql } from './saved-object.ts';

type DataType = 'string' | 'number' | 'date' | 'boolean' | 'ip';

/** One column of Lens' table: what to group by (a bucket) or what to compute (a metric). */
export interface Column {
  readonly label: string;
  readonly customLabel: true;
  readonly dataType: DataType;
  readonly operationType: string;
  readonly isBucketed: boolean;
  readonly scale: 'ordinal' | 'interval' | 'ratio';
  readonly sourceField?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly filter?: KqlQuery;
}

interface MetricOptions {
  /** KQL: only of these documents. */
  readonly where?: string;
  readonly format?: NumberFormat;
}

type NumberFormat = { readonly id: 'number' | 'bytes'; readonly params: { readonly decimals: number } };

export const BYTES: NumberFormat = { id: 'bytes', params: { decimals: 1 } };
export const ONE_DECIMAL: NumberFormat = { id: 'number', params: { decimals: 1 } };

function metric(
  operationType: string,
  sourceField: string,
  label: string,
  { where, format }: MetricOptions = {},
  params: Column['params'] = { emptyAsNull: true },
): Column {
  return {
    label,
    customLabel: true,
    dataType: 'number',
    operationType,
    isBucketed: false,
    scale: 'ratio',
    sourceField,
    ...(where === undefined ? {} : { filter: kql(where) }),
    params: { ...params, ...(format === undefined ? {} : { format }) },
  };
}

/** Lens' name for the documents themselves. */
const RECORDS = '___records___';

export const count = (label: string, options?: MetricOptions) => metric('count', RECORDS, label, options);

export const sum = (field: string, label: string, options?: MetricOptions) => metric('sum', field, label, options);

export const max = (field: string, label: string, options?: MetricOptions) => metric('max', field, label, options);

/** How many different values. */
export const distinct = (field: string, label: string, options?: MetricOptions) =>
  metric('unique_count', field, label, options);

export const percentile = (field: string, percentile: number, label: string, options?: MetricOptions) =>
  metric('percentile', field, label, options, { percentile });

/** The newest time of a document. */
export const newest = (label: string): Column => ({ ...metric('max', '@timestamp', label), dataType: 'date' });

/** The value in the newest document that has one. */
export const last = (field: string, label: string, dataType: DataType = 'string', isArray = false): Column => ({
  label,
  customLabel: true,
  dataType,
  operationType: 'last_value',
  isBucketed: false,
  scale: dataType === 'string' || dataType === 'ip' ? 'ordinal' : 'ratio',
  sourceField: field,
  filter: kql(`"${field}": *`),
  params: { sortField: '@timestamp', showArrayValues: isArray },
});

interface TopOptions {
  readonly size: number;
  /** Key of the metric whose largest values come first; in the order of the alphabet where absent. */
  readonly by?: string;
  readonly dataType?: DataType;
}

/** A group for each of the top values. */
export const top = (field: string, label: string, { size, by, dataType = 'string' }: TopOptions): Column => ({
  label,
  customLabel: true,
  dataType,
  operationType: 'terms',
  isBucketed: true,
  scale: 'ordinal',
  sourceField: field,
  params: {
    size,
    orderBy: by === undefined ? { type: 'alphabetical', fallback: false } : { type: 'column', columnId: by },
    orderDirection: by === undefined ? 'asc' : 'desc',
    otherBucket: false,
    missingBucket: false,
    parentFormat: { id: 'terms' },
    include: [],
    exclude: [],
    includeIsRegex: false,
    excludeIsRegex: false,
  },
});

/** A group for each step of time, as wide as the range that is looked at asks for. */
export const overTime = (): Column => ({
  label: 'Time',
  customLabel: true,
  dataType: 'date',
  operationType: 'date_histogram',
  isBucketed: true,
  scale: 'interval',
  sourceField: '@timestamp',
  params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
});

/** A group for each condition: its name, and its KQL. */
export const cases = (label: string, conditions: Readonly<Record<string, string>>): Column => ({
  label,
  customLabel: true,
  dataType: 'string',
  operationType: 'filters',
  isBucketed: true,
  scale: 'ordinal',
  params: { filters: Object.entries(conditions).map(([name, query]) => ({ label: name, input: kql(query) })) },
});
