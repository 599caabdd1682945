import { isIP } from 'node:net';
import type { IdentityKey } from '../event.ts';
import type { CustomFormatInput } from '../formats/custom-spec.ts';
import type { JsonObject } from '../formats/json.ts';
import { lacksZone, readTime } from '../formats/read-time.ts';
import { type SampledField, sampledFields } from './sampled-fields.ts';

/** Which names a field of this meaning mostly has, the likeliest first, and what its values look like. */
interface Meaning {
  readonly names: readonly RegExp[];
  readonly fits: (value: string) => boolean;
}

const any = (): boolean => true;
const isWord = (value: string): boolean => /^[\w.:@/ -]{1,128}$/.test(value);
const isNumber = (value: string): boolean => /^\d+(\.\d+)?$/.test(value);
const isStatus = (value: string): boolean => /^[1-5]\d\d$/.test(value);
const isMethod = (value: string): boolean => /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)$/i.test(value);
const isPath = (value: string): boolean => /^(https?:\/)?\/\S*$/.test(value);
const isRequestLine = (value: string): boolean => /^[A-Z]{3,16} \S+ HTTP\/\d/.test(value);
const isAddress = (value: string): boolean =>
  isIP(value.replace(/^\[?([^\]]*?)\]?:\d+$/, '$1')) !== 0 || isIP(value) !== 0;
const isSql = (value: string): boolean =>
  /^\s*(select|insert|update|delete|with|create|alter|drop|grant|copy)\s/i.test(value);
const isTime = (value: string): boolean => unitOf(value) !== undefined;

const MEANINGS = {
  time: { names: [/^(timestamp|time|ts|datetime|date)$/, /time|date|_at$|^ts|when/, /./], fits: isTime },
  requestLine: { names: [/request/, /./], fits: isRequestLine },
  method: { names: [/^(http_|request_)*(method|verb)$/, /method|verb/, /./], fits: isMethod },
  path: { names: [/^(request_)?(uri|path|url|target|endpoint|route)$/, /uri|path|url|route|endpoint/], fits: isPath },
  statement: { names: [/^(sql|query|statement)/, /sql|query|statement/], fits: isSql },
  action: {
    names: [
      /^(action|operation|event_name|event_type|op)$/,
      /action|operation|event|command|^call|verb|tool|method|type$/,
    ],
    fits: isWord,
  },
  status: { names: [/^(http_|response_)*(status|code|status_code)$/, /status|code/], fits: isStatus },
  outcome: { names: [/^(outcome|result|status|success|decision|allowed)$/, /outcome|result|decision/], fits: isWord },
  sourceIp: {
    names: [/^(client|source|src|remote)_?(ip|addr|address)?$/, /peer|client|source|src|remote|caller/, /ip|addr/],
    fits: isAddress,
  },
  client: { names: [/user_agent/, /^(ua|agent_version|application_name|client_name)$/], fits: any },
  bytes: {
    names: [/^(body_)?bytes_(sent|out)$|^(response|resp)_(size|bytes|length)$/, /bytes_?out|sent|^bytes$|^size$/],
    fits: isNumber,
  },
  rows: { names: [/^rows/, /row_?count/], fits: isNumber },
  service: { names: [/^(service|host|upstream|backend)(_name)?$/], fits: isWord },
  traceId: { names: [/trace_?id/], fits: isWord },
  session: { names: [/^session(_id)?$/, /run_id|conversation/], fits: isWord },
} as const satisfies Readonly<Record<string, Meaning>>;

/** Who used it, the surest first. A field that holds the secret itself is known by its fingerprint only. */
const IDENTITIES: readonly (readonly [IdentityKey, RegExp])[] = [
  ['credential_id', /^(credential|cred|api_?key|access_?key|key)(_?(id|name|alias))?$|^consumer/],
  ['client_id', /^(oauth_)?(client|app|application)_?id$/],
  ['db_user', /^(db|database)_?user/],
  ['jwt_sub', /^(sub|subject)$/],
  ['client_id', /^(principal|agent|actor|caller|identity|account|service_account)(_?(id|name))?$/],
  ['client_id', /^(remote_|auth_|authenticated_)?user(_?(id|name))?$|^username$|^login$/],
  ['client_id', /consumer|principal|agent_id|agent_name|caller|actor|username|user_id|key_id|key_alias/],
];

const HTTP_RESULT = { rejected: [401], denied: [403], error: ['4xx', '5xx'] };
const OUTCOMES = {
  rejected: ['unauthenticated', '*auth*fail*', 'invalid*'],
  denied: ['den*', 'forbid*', 'block*', 'refus*', 'reject*', 'unauthorized'],
  error: ['fail*', 'err*', 'exception*', 'timeout*', 'false', 'no', 'ko'],
};

/** What a log of JSON is likely to mean, and what of that needs a look by somebody who knows it. */
export interface GuessedFormat {
  readonly spec: CustomFormatInput;
  readonly doubts: readonly string[];
}

/**
 * A description of a log that is of no known format, from a sample of its records, by the names of their fields and by what these hold.
 * @returns undefined where no time, no action, or nobody who acted can be seen
 */
export function guessFormat(records: readonly JsonObject[], name: string): GuessedFormat | undefined {
  const fields = sampledFields(records);
  const taken = new Set<string>();
  const of = (meaning: keyof typeof MEANINGS): SampledField | undefined => {
    const field = likeliest(
      fields.filter(({ path }) => !taken.has(path)),
      MEANINGS[meaning],
    );
    if (field !== undefined) taken.add(field.path);
    return field;
  };
  const time = of('time');
  const [identityKey, identity] = identityOf(fields, taken) ?? [];
  const does = actionOf(of);
  if (time === undefined || identityKey === undefined || identity === undefined || does === undefined) return undefined;
  const status = of('status');
  const outcome = status === undefined ? of('outcome') : undefined;
  const unit = unitOf(time.values[0] ?? '') ?? 'iso';
  const withoutZone = unit === 'iso' && time.values.some(lacksZone);
  const more = {
    ...{ source_ip: of('sourceIp'), client: of('client'), bytes: of('bytes'), rows: of('rows'), status },
    ...{ service: of('service'), trace_id: of('traceId'), session: of('session') },
  };
  const id = idOf(name);
  return {
    spec: {
      id,
      dataset: `${id.replaceAll('-', '_')}.access`,
      time: { field: time.path, unit, ...(withoutZone && { zone: 'UTC' }) },
      ...does,
      ...(status !== undefined && {
        result: {
          field: status.path,
          ...HTTP_RESULT,
          ...(status.values.length < records.length && { absent: 'success' }),
        },
      }),
      ...(outcome !== undefined && { result: [{ field: outcome.path, ...OUTCOMES, else: 'success' }] }),
      identities: { [identityKey]: identity.path },
      ...Object.fromEntries(
        Object.entries(more).flatMap(([key, field]) => (field === undefined ? [] : [[key, field.path]])),
      ),
    },
    doubts: [
      `who used it is taken from ${identity.path}; add proof: once you know what in a record shows that authentication passed`,
      ...(withoutZone ? [`times of ${time.path} name no zone; they are read as UTC`] : []),
      ...(status === undefined && outcome === undefined
        ? ['no field says whether it was refused; all counts as done']
        : []),
      ...(outcome === undefined
        ? []
        : [`whether it was refused is taken from ${outcome.path}; look at the values that mean so`]),
    ],
  };
}

function actionOf(
  of: (meaning: keyof typeof MEANINGS) => SampledField | undefined,
): Partial<CustomFormatInput> | undefined {
  const line = of('requestLine');
  if (line !== undefined) return { request_line: line.path };
  const method = of('method');
  const path = method && of('path');
  if (method && path) return { action: `{${method.path}} {path(${path.path})}`, method: method.path, path: path.path };
  const statement = of('statement');
  if (statement !== undefined) return { action: `{sql(${statement.path})}`, statement: statement.path };
  const action = of('action');
  return action && { action: `{${action.path}}` };
}

function identityOf(fields: readonly SampledField[], taken: Set<string>): [IdentityKey, SampledField] | undefined {
  for (const [key, names] of IDENTITIES) {
    const field = fields.find(({ path, name, values }) => names.test(name) && !taken.has(path) && values.every(isWord));
    if (field === undefined) continue;
    taken.add(field.path);
    return [key, field];
  }
  return undefined;
}

/** By its name first, then the one that stands the least deep. */
function likeliest(fields: readonly SampledField[], { names, fits }: Meaning): SampledField | undefined {
  const fitting = fields.filter(({ values }) => values.filter(fits).length * 10 >= values.length * 9);
  for (const pattern of names) {
    const [first] = fitting.filter(({ name }) => pattern.test(name)).toSorted((a, b) => a.depth - b.depth);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** How a time is written: in words, or counted since 1970, where only some magnitudes are of this century. */
function unitOf(value: string): 'iso' | 's' | 'ms' | 'us' | 'ns' | undefined {
  if (!/^\d+(\.\d+)?$/.test(value)) return Number.isNaN(readTime(value, (local) => local)) ? undefined : 'iso';
  const whole = value.replace(/\..*$/, '').length;
  return ({ 10: 's', 13: 'ms', 16: 'us', 19: 'ns' } as const)[whole as 10 | 13 | 16 | 19];
}

const idOf = (name: string): string => {
  const id = name
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 24);
  return id === '' ? 'my-log' : id.replace(/-+$/, '');
};
