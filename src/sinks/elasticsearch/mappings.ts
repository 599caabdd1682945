import type { Fields, FieldType } from './fields.ts';

/** What stands in for a type that comes with a module which a node may lack: answers the same queries, only larger. */
export const FALLBACKS: ReadonlyMap<FieldType, 'keyword' | 'text'> = new Map([
  ['match_only_text', 'text'],
  ['constant_keyword', 'keyword'],
]);

/** Longer values can be seen but not searched, as in ECS; Lucene refuses a document for one beyond 32 KiB. */
const MOST_CHARACTERS = 1024;

export type Mapping = Readonly<Record<string, unknown>>;

interface Properties {
  [name: string]: { properties: Properties } | Mapping;
}

/**
 * An index mapping of exactly these fields. What is not among them is kept in the document, and not indexed: a hostile record
 * can't make fields.
 * @param missing types that the node lacks
 */
export function mappingOf(fields: Fields, missing: ReadonlySet<FieldType>): Mapping {
  const root: Properties = {};
  for (const [path, type] of Object.entries(fields)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    folderOf(root, names)[last] = propertyOf(missing.has(type) ? (FALLBACKS.get(type) ?? type) : type);
  }
  return { dynamic: false, properties: root };
}

function folderOf(root: Properties, names: readonly string[]): Properties {
  let folder = root;
  for (const name of names) {
    const inner = (folder[name] ?? { properties: {} }) as { properties: Properties };
    folder[name] = inner;
    folder = inner.properties;
  }
  return folder;
}

const propertyOf = (type: string): Mapping => (type === 'keyword' ? { type, ignore_above: MOST_CHARACTERS } : { type });
