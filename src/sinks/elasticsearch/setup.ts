import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@elastic/elasticsearch';
import { ECS_FIELDS, WAYWARD_FIELDS } from './fields.ts';
import { mappingOf } from './mappings.ts';
import { DATA_STREAMS, LATEST, nameOf } from './streams.ts';
import { type ServerFeatures, type Template, templatesFor } from './templates.ts';

/** One request that brings the server to what Wayward needs; `unchanged` ones need not be made. */
export interface SetupStep {
  /** `differs`: it can't be brought to that where it is. */
  readonly result: 'created' | 'updated' | 'unchanged' | 'differs';
  /** `component template`, `index template`, `index`, `data stream` */
  readonly kind: string;
  readonly name: string;
  readonly method: 'PUT';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What there is to do, in order; changes nothing. */
export async function planSetup(client: Client, features: ServerFeatures, namespace: string): Promise<SetupStep[]> {
  const templates: SetupStep[] = [];
  for (const template of templatesFor(features)) templates.push(await templateStep(client, template));
  const mapping = mappingOf({ ...ECS_FIELDS, ...WAYWARD_FIELDS }, features.missingTypes);
  const inUse: SetupStep[] = [];
  for (const stream of DATA_STREAMS) inUse.push(...(await dataStreamStep(client, nameOf(stream, namespace), mapping)));
  return [...templates, await latestStep(client, mapping), ...inUse];
}

/** Does one step, and says what came of it. @throws what the client throws */
export async function applyStep(client: Client, step: SetupStep): Promise<SetupStep> {
  const { result, method, path, body } = step;
  if (result === 'unchanged') return step;
  // A field's type can't change where documents are.
  const ignore = path.includes('/_mapping') ? [400] : [];
  const { statusCode } = await client.transport.request({ method, path, body }, { meta: true, ignore });
  return statusCode === 400 ? { ...step, result: 'differs' } : step;
}

type Mapping = ReturnType<typeof mappingOf>;

async function templateStep(client: Client, { kind, name, body }: Template): Promise<SetupStep> {
  const path = `/_${kind}/${name}`;
  const answer = await client.transport.request<Record<string, { [kind]: Record<string, unknown> }[]>>(
    { method: 'GET', path },
    { ignore: [404] },
  );
  const found = answer[`${kind}s`]?.[0]?.[kind];
  const same = found && Object.entries(body).every(([key, value]) => isDeepStrictEqual(found[key], value));
  const result = found === undefined ? 'created' : same ? 'unchanged' : 'updated';
  return { result, kind: kind.replace('_', ' '), name, method: 'PUT', path, body };
}

/** It is made at once, so that Kibana's data views have something to look at before the first alert. */
async function latestStep(client: Client, mapping: Mapping): Promise<SetupStep> {
  const found = await mappingsOf(client, LATEST);
  const common = { kind: 'index', name: LATEST, method: 'PUT' } as const;
  if (found.length === 0) return { ...common, result: 'created', path: `/${LATEST}`, body: {} };
  return { ...common, result: resultOf(found, mapping), path: `/${LATEST}/_mapping`, body: mapping };
}

/** A template counts for indices that are made later; the one that a data stream writes to learns new fields here. */
async function dataStreamStep(client: Client, name: string, mapping: Mapping): Promise<SetupStep[]> {
  const found = await mappingsOf(client, name);
  if (found.length === 0) return [];
  const path = `/${name}/_mapping?write_index_only=true`;
  const newest = found.slice(-1);
  return [{ result: resultOf(newest, mapping), kind: 'data stream', name, method: 'PUT', path, body: mapping }];
}

const resultOf = (found: readonly Mapping[], { properties }: Mapping): SetupStep['result'] =>
  found.every((mapping) => holds(mapping['properties'], properties)) ? 'unchanged' : 'updated';

/** Whether all of `wanted` is in `found`, which may say more: a constant_keyword tells its value, too. */
function holds(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted;
  if (typeof found !== 'object' || found === null) return false;
  const inner = found as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([key, value]) => holds(inner[key], value));
}

/** Of the indices behind a name, oldest first; none where there is no such thing. */
async function mappingsOf(client: Client, name: string): Promise<Mapping[]> {
  const answer = await client.transport.request<Record<string, { mappings: Mapping }>>(
    { method: 'GET', path: `/${name}/_mapping` },
    { querystring: { ignore_unavailable: true }, ignore: [404] },
  );
  return Object.entries(answer)
    .filter(([, index]) => typeof index === 'object' && 'mappings' in index)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { mappings }]) => mappings);
}
