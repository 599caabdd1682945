import { isDeepStrictEqual } from 'node:util';
import { CallError } from '../errors.ts';

/** The filter's name in the listener, and that of the resource in the file. */
export const FILTER = 'wayward-denied';

/** Changes with each writing: Envoy hands a configuration that is equal to the last one to nobody. */
const WRITING = 'wayward writing ';

const ANY = { any: true };
const NEVER = { permissions: [{ not_rule: ANY }], principals: [ANY] };

/** What the filter holds. */
export interface Denied {
  /** Names the writing; it is the resource's version, too. */
  readonly version: string;
  readonly ids: readonly string[];
}

/**
 * A file for Envoy's extension config discovery (ECDS): an RBAC filter that denies whoever the header names.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/extension,
 * …/api-v3/extensions/filters/http/rbac/v3/rbac.proto
 */
export const render = (denied: Denied, header: string): string =>
  `${JSON.stringify(fileOf(denied, header), undefined, 2)}\n`;

/**
 * @throws CallError where it is not what `render` writes for this header: then somebody else changed it, and Wayward does not know how
 * to keep that
 */
export function readDenied(text: string, header: string, file: string): Denied {
  const parsed = parse(text);
  const denied = deniedIn(parsed);
  if (denied === undefined || !isDeepStrictEqual(parsed, fileOf(denied, header)))
    throw new CallError(
      `${file} is not as Wayward writes it for the header ${header}: put others' rules into a filter of their own, and begin with the file of docs/issuers.md`,
      false,
    );
  return denied;
}

/** The ids that policies of the filter deny. */
export const idsOf = (policies: object): string[] => Object.keys(policies).filter((name) => !name.startsWith(WRITING));

const fileOf = ({ version, ids }: Denied, header: string) => ({
  version_info: version,
  resources: [
    {
      '@type': 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
      name: FILTER,
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
        rules: {
          action: 'DENY',
          policies: Object.fromEntries([
            [`${WRITING}${version}`, NEVER],
            ...ids.map((id) => [
              id,
              { permissions: [ANY], principals: [{ header: { name: header, string_match: { exact: id } } }] },
            ]),
          ]),
        },
      },
    },
  ],
});

function deniedIn(file: unknown): Denied | undefined {
  const { version_info: version, resources } = asObject(file);
  const resource: unknown = Array.isArray(resources) ? resources[0] : undefined;
  const { policies } = asObject(asObject(asObject(resource).typed_config).rules);
  return typeof version === 'string' ? { version, ids: idsOf(asObject(policies)) } : undefined;
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the comparison
  }
}
