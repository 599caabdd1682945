import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs', 'elasticsearch.md');

export interface Role {
  readonly cluster: readonly string[];
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[];
}

/** The roles as docs/elasticsearch.md has users paste them, by name. */
export function documentedRoles(): Readonly<Record<string, Role>> {
  const blocks = readFileSync(DOCS, 'utf8').matchAll(/`PUT \/_security\/role\/(\w+)`.*\n\n```json\n([^`]+)```/g);
  return Object.fromEntries([...blocks].map(([, name = '', json = '']) => [name, JSON.parse(json)]));
}

/** roles.yml: JSON is YAML. */
export const rolesYaml = (roles: Readonly<Record<string, Role>>): string =>
  Object.entries(roles)
    .map(([name, role]) => `${name}: ${JSON.stringify(role)}\n`)
    .join('');
