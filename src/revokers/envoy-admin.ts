import { z } from 'zod';
import { CallError } from '../errors.ts';
import { readJson, request } from '../http.ts';
import { FILTER, idsOf } from './envoy-denied.ts';

const TIMEOUT_MS = 3_000;
/** Some thousand denied ids. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const RELOADS = `extension_config_discovery.http_filter.${FILTER}.config_reload`;

const statsSchema = z.object({ stats: z.array(z.object({ name: z.string().optional(), value: z.unknown() })) });

/**
 * How many versions of the filter each of Envoy's worker threads has taken: Envoy counts one only once the last of them has.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/extension#statistics
 * @throws CallError
 */
export async function reloadsOf(admin: string): Promise<number> {
  const answer = await ask(admin, '/stats', { format: 'json', filter: RELOADS }, statsSchema);
  const value = answer.stats.find(({ name }) => name === RELOADS)?.value;
  if (typeof value !== 'number') throw noFilter(admin);
  return value;
}

const dumpSchema = z.object({
  configs: z
    .array(
      z.object({
        version_info: z.string(),
        ecds_filter: z.object({
          name: z.string(),
          typed_config: z.object({
            rules: z.object({
              action: z.literal('DENY'),
              policies: z.record(z.string(), z.unknown()).optional(),
            }),
          }),
        }),
      }),
    )
    .optional(),
});

/** The filter as Envoy has it: the last version that it accepted. @throws CallError */
export async function filterOf(admin: string): Promise<{ version: string; ids: string[] }> {
  const query = { resource: 'ecds_filters', name_regex: `^${FILTER}$` };
  const [found] = (await ask(admin, '/config_dump', query, dumpSchema)).configs ?? [];
  if (found === undefined) throw noFilter(admin);
  return { version: found.version_info, ids: idsOf(found.ecds_filter.typed_config.rules.policies ?? {}) };
}

const noFilter = (admin: string): CallError =>
  new CallError(
    `Envoy at ${admin} has no filter "${FILTER}" that it took from a file: paste it into http_filters, and check its path`,
    true,
  );

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin */
async function ask<T>(admin: string, path: string, query: Record<string, string>, schema: z.ZodType<T>): Promise<T> {
  const { status, text } = await request({
    service: "Envoy's admin endpoint",
    method: 'GET',
    url: `${admin.replace(/\/$/, '')}${path}?${new URLSearchParams(query)}`,
    headers: {},
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
    secrets: [],
  });
  const answer = readJson(text, schema);
  if (status !== 200 || answer === undefined)
    throw new CallError(`Envoy's admin endpoint answered ${path} with ${status} and not as Envoy does`, true);
  return answer;
}
