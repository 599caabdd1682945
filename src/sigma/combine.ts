import type { Conditions } from '../detectors/conditions.ts';

/** All of these must hold; side by side where each asks for something of its own. */
export function allOf(conditions: readonly Conditions[]): Conditions {
  const keys = conditions.flatMap((one) => Object.keys(one));
  if (new Set(keys).size === keys.length) return Object.assign({}, ...conditions) as Conditions;
  return { all: conditions };
}

/** One of these must hold; a list where all ask for the same thing. */
export function anyOf(conditions: readonly Conditions[]): Conditions {
  const [first] = conditions;
  if (first !== undefined && conditions.length === 1) return first;
  const keys = new Set(conditions.flatMap((one) => Object.keys(one)));
  const [key] = keys;
  const lists = conditions.map((one) => (one as Readonly<Record<string, unknown>>)[key ?? '']);
  if (keys.size === 1 && lists.every((list) => Array.isArray(list)) && key !== 'all' && key !== 'any')
    return { [key as string]: [...new Set(lists.flat())] } as Conditions;
  return { any: conditions };
}
