import { chance, choice, integer, type Random } from '../../../src/simulate/random.ts';
import { ENCODINGS } from './encodings.ts';
import { LITERAL, PLACEMENTS, SQL_PLACEMENTS } from './placements.ts';
import { type PlantedSecret, plantedSecret } from './planted-secrets.ts';

/** A record with one planted secret, and how it got there. */
export interface MutatedRecord {
  readonly format: string;
  readonly bytes: Buffer;
  readonly secret: string;
  readonly how: string;
  /** That it is one can be seen only where the record is understood. */
  readonly isLiteral: boolean;
}

interface Text {
  readonly text: string;
  readonly how: string;
  readonly isLiteral: boolean;
}

/** What a client may write into a field: the secret, encoded, in its place; or the place encoded with it. */
const textWith = (random: Random, secret: PlantedSecret, isSql: boolean): Text => {
  const placements = isSql ? SQL_PLACEMENTS : PLACEMENTS;
  const possible = Object.entries(placements).filter(([, { isNamed }]) => isNamed || secret.isIssued);
  const [place, { around }] = choice(random, possible);
  const [encoding, encode] = choice(random, Object.entries(ENCODINGS));
  // A statement that is encoded is none.
  const isWhole = !isSql && chance(random, 0.5);
  const text = isWhole ? encode(around(secret.value), random) : around(encode(secret.value, random));
  return { text, isLiteral: place === LITERAL, how: `${place}, ${isWhole ? 'all of it ' : ''}${encoding}` };
};

/** A field to write into, and the record with that. */
type Fields = Readonly<Record<string, (text: string) => object | string>>;

const NGINX = {
  time: '2026-11-23T12:03:18+00:00',
  ...{
    msec: '1795435398.624',
    request_id: 'r1',
    remote_addr: '127.0.0.1',
    credential: 'c',
    method: 'GET',
    uri: '/v1/x',
    args: '',
  },
  ...{ status: 200, body_bytes_sent: 68, user_agent: 'a/1', session: 's', trace_id: '' },
};
const nginxFields = [
  'uri',
  'args',
  'user_agent',
  'session',
  'trace_id',
  'credential',
  'http_referer',
  'http_cookie',
  'request_body',
];

/** As nginx writes what a client sent. */
const escaped = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte < 32 || byte > 126 || byte === 34 || byte === 92
        ? `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`
        : String.fromCharCode(byte),
    )
    .join('');
const combined = (target: string, referrer: string, agent: string, user = '-'): string =>
  `10.1.0.5 - ${user} [23/Nov/2026:12:03:18 +0000] "GET ${escaped(target)} HTTP/1.1" 200 5 "${escaped(referrer)}" "${escaped(agent)}"`;

const pg = (fields: object): object => ({
  ...{
    timestamp: '2026-11-23 12:03:20.000 UTC',
    user: 'a',
    dbname: 'd',
    pid: 7,
    remote_host: '127.0.0.1',
    session_id: '6b04.7',
    line_num: 1,
  },
  ...{ error_severity: 'LOG', application_name: 'psql', backend_type: 'client backend', ...fields },
});
const audit = (statement: string, parameters = '<none>'): object =>
  pg({
    message: `AUDIT: SESSION,1,1,READ,SELECT,,,"${statement.replaceAll('"', '""')}","${parameters.replaceAll('"', '""')}",0`,
  });

const vault = (request: object, more: object = {}): object => ({
  ...{
    time: '2026-11-23T12:03:21.5Z',
    type: 'response',
    auth: { accessor: 'hmac-sha256:1', display_name: 'token', policies: ['a'] },
  },
  ...{ request: { id: '1', operation: 'read', path: 'kv/data/x', remote_address: '127.0.0.1', ...request }, ...more },
});

const caddy = (request: object, more: object = {}): object => ({
  ...{ level: 'info', ts: 1795435398.6, msg: 'handled request', user_id: 'a', status: 200, size: 5, ...more },
  request: { remote_ip: '10.0.0.1', method: 'GET', uri: '/v1/x', headers: {}, ...request },
});

const FORMATS: Readonly<Record<string, Fields>> = {
  'nginx-json': Object.fromEntries(
    nginxFields.map((field) => [field, (text: string) => ({ ...NGINX, [field]: text })]),
  ),
  'nginx-combined': {
    target: (text) => combined(`/v1/x?${text}`, '-', 'a/1'),
    path: (text) => combined(`/v1/${text}`, '-', 'a/1'),
    referrer: (text) => combined('/', `https://h/?${text}`, 'a/1'),
    'user agent': (text) => combined('/', '-', text),
  },
  'pgaudit-json': {
    application: (text) =>
      pg({ message: 'AUDIT: SESSION,1,1,READ,SELECT,,,SELECT 1,<none>,0', application_name: text }),
    parameters: (text) => audit('SELECT $1', text),
  },
  'vault-audit': {
    path: (text) => vault({ path: `kv/data/${text}` }),
    data: (text) => vault({ data: { x: text } }),
    'a header': (text) => vault({ headers: { 'user-agent': [text] } }),
    'the answer': (text) => vault({}, { response: { data: { y: { z: text } } } }),
  },
  caddy: {
    uri: (text) => caddy({ uri: `/v1/x?${text}` }),
    'a header': (text) => caddy({ headers: { 'User-Agent': [text] } }),
    'another field': (text) => caddy({}, { err: { message: text } }),
  },
};

const SQL_FORMATS: Readonly<Record<string, Fields>> = {
  'pgaudit-json': {
    statement: audit,
    'a failed statement': (text) =>
      pg({ error_severity: 'ERROR', state_code: '42501', message: 'permission denied', statement: text }),
  },
};

/** Harm on the way: mostly none. */
const HARMS: Readonly<Record<string, (record: string, random: Random) => string>> = {
  whole: (record) => record,
  'its end is missing': (record, random) =>
    record.slice(0, integer(random, Math.floor(record.length / 2), record.length)),
  'its beginning is missing': (record, random) => record.slice(integer(random, 1, 20)),
  'with something before it': (record) => `Nov 23 12:03:18 host app[7]: ${record}`,
};

export const FORMAT_IDS: readonly string[] = Object.keys(FORMATS);

export const mutatedRecord = (random: Random, format: string): MutatedRecord => {
  const secret = plantedSecret(random);
  const sql = SQL_FORMATS[format];
  const isSql = sql !== undefined && chance(random, 0.6);
  const { text, how, isLiteral } = textWith(random, secret, isSql);
  const [field, write] = choice(random, Object.entries((isSql ? sql : FORMATS[format]) ?? {}));
  const record = write(text);
  const [harm, damage] = chance(random, 0.8)
    ? (['whole', (line: string) => line] as const)
    : choice(random, Object.entries(HARMS));
  const line = damage(typeof record === 'string' ? record : JSON.stringify(record), random);
  return {
    format,
    bytes: Buffer.from(line.replaceAll('\n', ' ')),
    secret: secret.value,
    isLiteral,
    how: `${format}, ${field}: ${how}${harm === 'whole' ? '' : `, ${harm}`}`,
  };
};
