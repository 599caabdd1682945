import type { Client } from '@elastic/elasticsearch';
import type { FieldType } from './fields.ts';
import { FALLBACKS } from './mappings.ts';
import { nameOf } from './streams.ts';
import type { ServerFeatures } from './templates.ts';

/** Asks the server what it can do; changes nothing. */
export async function featuresOf(client: Client): Promise<ServerFeatures> {
  const missing = new Set<FieldType>();
  for (const type of FALLBACKS.keys()) if (!(await knowsType(client, type))) missing.add(type);
  return { missingTypes: missing, lifecycle: await hasLifecycle(client) };
}

/** By composing a template with it, which is thrown away. */
async function knowsType(client: Client, type: FieldType): Promise<boolean> {
  const body = {
    index_patterns: ['wayward-type-probe'],
    priority: 2 ** 31, // of its own, so that it collides with no other
    template: { mappings: { properties: { probe: { type } } } },
  };
  const request = { method: 'POST', path: '/_index_template/_simulate', body };
  const { statusCode } = await client.transport.request(request, { meta: true, ignore: [400] });
  return statusCode !== 400;
}

/** A server without it has nothing at this address: 400. One with it has nothing of this name: 200 or 404. */
async function hasLifecycle(client: Client): Promise<boolean> {
  const path = `/_data_stream/${nameOf('alert', '*')}/_lifecycle`;
  const { statusCode } = await client.transport.request(
    { method: 'GET', path },
    { meta: true, ignore: [400, 404, 405] },
  );
  return statusCode === 200 || statusCode === 404;
}
