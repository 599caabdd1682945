/** As much of JSON Schema as the editors' schema uses: where a value does not fit it, and why. */
export interface Schema {
  readonly [word: string]: unknown;
}

const OWN = new Set(['$schema', '$defs', 'title', 'description', 'default', 'then', 'else']);

export function unfit(value: unknown, schema: Schema, root: Schema = schema, at = ''): string[] {
  return Object.entries(schema).flatMap(([word, asked]) =>
    OWN.has(word) ? [] : (CHECKS[word] ?? unknownWord(word))(value, asked as never, { schema, root, at }),
  );
}

interface Place {
  readonly schema: Schema;
  readonly root: Schema;
  readonly at: string;
}
type Check = (value: unknown, asked: never, place: Place) => string[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const wrong = (is: boolean, { at }: Place, what: string): string[] => (is ? [`${at} ${what}`] : []);
const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : Number.isInteger(value) ? 'integer' : typeof value;
const propertiesOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
const unknownWord = (word: string): never => {
  throw new Error(`the schema uses ${word}, which this check does not know`);
};

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, asked: string, place) =>
    wrong(typeOf(value) !== asked && !(asked === 'number' && typeof value === 'number'), place, `is no ${asked}`),
  enum: (value, asked: readonly unknown[], place) => wrong(!asked.includes(value), place, `is none of ${asked}`),
  const: (value, asked: unknown, place) => wrong(value !== asked, place, `is not ${asked}`),
  pattern: (value, asked: string, place) =>
    wrong(typeof value === 'string' && !new RegExp(asked).test(value), place, `is not like ${asked}`),
  minLength: (value, asked: number, place) =>
    wrong(typeof value === 'string' && value.length < asked, place, 'is too short'),
  maxLength: (value, asked: number, place) =>
    wrong(typeof value === 'string' && value.length > asked, place, 'is too long'),
  minItems: (value, asked: number, place) => wrong(Array.isArray(value) && value.length < asked, place, 'has too few'),
  maxItems: (value, asked: number, place) => wrong(Array.isArray(value) && value.length > asked, place, 'has too many'),
  minimum: (value, asked: number, place) => wrong(typeof value === 'number' && value < asked, place, 'is too small'),
  maximum: (value, asked: number, place) => wrong(typeof value === 'number' && value > asked, place, 'is too great'),
  exclusiveMinimum: (value, asked: number, place) =>
    wrong(typeof value === 'number' && value <= asked, place, 'is too small'),
  required: (value, asked: readonly string[], place) =>
    isObject(value) ? asked.flatMap((key) => wrong(!(key in value), place, `lacks ${key}`)) : [],
  items: (value, asked: Schema, { root, at }) =>
    Array.isArray(value) ? value.flatMap((item, index) => unfit(item, asked, root, `${at}[${index}]`)) : [],
  properties: (value, asked: Readonly<Record<string, Schema>>, { root, at }) =>
    isObject(value)
      ? Object.entries(asked).flatMap(([key, schema]) =>
          key in value ? unfit(value[key], schema, root, `${at}.${key}`) : [],
        )
      : [],
  propertyNames: () => [],
  additionalProperties: (value, asked: unknown, place) =>
    isObject(value) && asked === false
      ? Object.keys(value).flatMap((key) => wrong(!(key in propertiesOf(place.schema)), place, `knows no ${key}`))
      : [],
  anyOf: (value, asked: readonly Schema[], { root, at }) => {
    const all = asked.map((schema) => unfit(value, schema, root, at));
    return all.some((problems) => problems.length === 0) ? [] : (all[0] ?? []);
  },
  oneOf: (value, asked: readonly Schema[], place) => (CHECKS['anyOf'] as Check)(value, asked as never, place),
  allOf: (value, asked: readonly Schema[], { root, at }) => asked.flatMap((schema) => unfit(value, schema, root, at)),
  if: (value, asked: Schema, { schema, root, at }) => {
    const branch = unfit(value, asked, root, at).length === 0 ? schema['then'] : schema['else'];
    return branch === undefined ? [] : unfit(value, branch as Schema, root, at);
  },
  $ref: (value, asked: string, { root, at }) => {
    const found = asked
      .slice(2)
      .split('/')
      .reduce<unknown>((so, key) => (so as Schema)[key], root);
    return unfit(value, found as Schema, root, at);
  },
};
