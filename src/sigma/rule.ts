import { parseAllDocuments } from 'yaml';

/** A Sigma rule as its file says it; only what is looked at. Anything may stand in it: it was written by others. */
export interface SigmaRule {
  readonly title: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly description: string;
  readonly level: string;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsePositives: readonly string[];
  readonly logsource: Readonly<Record<'category' | 'product' | 'service', string>>;
  readonly detection: Fields | undefined;
  readonly correlation: Fields | undefined;
}

export interface Fields {
  readonly [name: string]: unknown;
}

/** Documents of one file; more are no rules that a person wrote. */
const MOST_RULES = 1_000;
/** How often aliases of YAML may be followed: they can make a small file very large. */
const MOST_ALIASES = 100;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The rules of a file, one or several documents.
 * @throws Error with a sentence where it is no YAML
 */
export function rulesIn(text: string): SigmaRule[] {
  const documents = parseAllDocuments(text).slice(0, MOST_RULES);
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(`is no YAML: ${problem.message.split('\n')[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return isFields(value) ? [ruleOf(value)] : [];
  });
}

function ruleOf(value: Fields): SigmaRule {
  const logsource = isFields(value['logsource']) ? value['logsource'] : {};
  return {
    title: textOf(value['title']) || 'A Sigma rule without a title',
    id: textOf(value['id']) || undefined,
    name: textOf(value['name']) || undefined,
    description: textOf(value['description']),
    level: textOf(value['level']),
    tags: textsOf(value['tags']),
    references: textsOf(value['references']),
    falsePositives: textsOf(value['falsepositives']),
    logsource: {
      category: textOf(logsource['category']),
      product: textOf(logsource['product']),
      service: textOf(logsource['service']),
    },
    detection: isFields(value['detection']) ? value['detection'] : undefined,
    correlation: isFields(value['correlation']) ? value['correlation'] : undefined,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

export const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '');
