import { agentOf, CLIENT, IP, NOW } from './world.ts';

const SECOND = 1_000;

/** When the n-th line of a deed is written. */
const at = (n: number): Date => new Date(NOW + n * SECOND);

/** What a line of an HTTP log says, unless it is said otherwise. */
interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly client?: string;
  readonly bytes?: number;
  readonly status?: number;
}

/** Text in which `\xHH` stands for that byte. */
export const raw = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

export const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** A line of the gateway's JSON log. */
export const gateway = (
  n: number,
  { method = 'GET', path = '/v1/orders/1', client = CLIENT, ...more }: Request,
): string =>
  `{"time":"${at(n).toISOString().slice(0, 19)}+00:00","msec":"${(at(n).getTime() / SECOND).toFixed(3)}","request_id":"r${n}",` +
  `"remote_addr":"${IP}","credential":"${agentOf('gateway')}","method":"${method}","uri":"${path}","args":"",` +
  `"status":${more.status ?? 200},"body_bytes_sent":${more.bytes ?? 900},"request_length":200,"request_time":0.010,` +
  `"upstream_response_time":"0.010","user_agent":"${client}","trace_id":"","session":"s1"}`;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** A line of the combined log. */
export function combined(
  n: number,
  { method = 'GET', path = '/v1/orders/1', client = CLIENT, ...more }: Request,
): string {
  const time = at(n);
  const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  return `${IP} - ${agentOf('combined')} [${day}:${time.toISOString().slice(11, 19)} +0000] "${method} ${path} HTTP/1.1" ${more.status ?? 200} ${more.bytes ?? 900} "-" "${client}"`;
}

interface PgLine {
  readonly severity?: string;
  readonly state?: string;
  readonly message: string;
  readonly statement?: string;
  readonly context?: string;
  readonly user?: string;
  readonly session?: string;
  readonly ps?: string;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A record of the csvlog. */
export function csvlog(n: number, { user = agentOf('database'), session = '6b0c8090.1', ...line }: PgLine): string {
  const stamp = `${at(n).toISOString().replace('T', ' ').slice(0, 23)} UTC`;
  return [
    ...[stamp, quoted(user), '"shop"', '4242', `"${IP}:5000"`, session, String(n + 1), quoted(line.ps ?? 'SELECT')],
    ...['2026-11-23 09:00:00 UTC', '3/2', '0', line.severity ?? 'LOG', line.state ?? '00000', quoted(line.message)],
    ...['', '', '', '', line.context === undefined ? '' : quoted(line.context)],
    ...[
      line.statement === undefined ? '' : quoted(line.statement),
      '',
      '',
      quoted(CLIENT),
      '"client backend"',
      '',
      '0',
    ],
  ].join(',');
}

/** What pgaudit says in such a record: statement `number`, its class, command, object, text and rows. */
export const audit = (
  number: number,
  [kind, command, type, object]: readonly string[],
  text: string,
  rows: number,
): string =>
  `AUDIT: SESSION,${number},1,${kind},${command},${type ?? ''},${object ?? ''},${/[",\n]/.test(text) ? quoted(text) : text},<not logged>,${rows}`;

const HMAC = `hmac-sha256:${'a1b2c3d4'.repeat(8)}`;

/** A response line of Vault's audit log. */
export const vaultLine = (
  n: number,
  path: string,
  namespace: Readonly<Record<string, string>> = { id: 'root' },
): string =>
  JSON.stringify({
    auth: {
      accessor: agentOf('vault'),
      client_token: HMAC,
      display_name: 'token',
      policies: ['billing'],
      token_type: 'service',
    },
    request: {
      ...{
        id: `r${n}`,
        operation: 'read',
        mount_type: 'kv',
        client_token: HMAC,
        client_token_accessor: agentOf('vault'),
      },
      ...{ headers: { 'user-agent': [CLIENT] }, namespace, path, remote_address: IP },
    },
    response: { mount_type: 'kv' },
    time: at(n).toISOString(),
    type: 'response',
  });
