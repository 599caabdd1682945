import type { Call, FieldUse, PanelQuery } from './queries.ts';

/** Kibana's names of Elasticsearch's types, as far as ours go. */
const KIBANA_TYPES: Readonly<Record<string, string>> = {
  keyword: 'string',
  text: 'string',
  match_only_text: 'string',
  long: 'number',
  integer: 'number',
  short: 'number',
  byte: 'number',
  double: 'number',
  float: 'number',
  half_float: 'number',
  scaled_float: 'number',
  date: 'date',
  boolean: 'boolean',
  ip: 'ip',
};

interface Capability {
  readonly searchable: boolean;
  readonly aggregatable: boolean;
}

/** What a panel asks of fields and the mapping does not give: not mapped, of another type, not made for grouping. Asks the field caps API, as Kibana does. */
export async function unmappedFields(call: Call, { index, fields }: PanelQuery): Promise<string[]> {
  const names = [...new Set(fields.map(({ name }) => name))];
  if (names.length === 0) return [];
  const { status, body } = await call('GET', `${index}/_field_caps?fields=${names.join(',')}&allow_no_indices=false`);
  if (status !== 200) throw new Error(`_field_caps of ${index} answered ${status}: ${JSON.stringify(body)}`);
  const mapped = (body as { fields: Record<string, Record<string, Capability>> }).fields;
  return fields.flatMap((use) => problemWith(use, Object.entries(mapped[use.name] ?? {})));
}

function problemWith({ name, as, type }: FieldUse, found: readonly [string, Capability][]): string[] {
  const [first, second] = found;
  if (first === undefined) return [`${name} is not mapped`];
  const [esType, { searchable, aggregatable }] = first;
  if (second !== undefined) return [`${name} is ${esType} in one index and ${second[0]} in another`];
  if (as === 'aggregated' && !aggregatable) return [`${name} (${esType}) can't be grouped or computed with`];
  if (as === 'searched' && !searchable) return [`${name} (${esType}) can't be searched`];
  const kibanaType = KIBANA_TYPES[esType];
  return type === undefined || type === kibanaType ? [] : [`${name} is ${esType}, and the panel takes it for ${type}`];
}
