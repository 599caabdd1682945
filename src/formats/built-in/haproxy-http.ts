import { described, HTTP_STATUS } from './described.ts';

/** Behind `CLIENT [TIME] FRONTEND BACKEND/SERVER TIMERS `, all of which HAProxy writes before anything that a client chose. */
const part = (extract: string) => ({ field: 'line', extract: `* [*] * */* */*/*/*/* ${extract}` });

/**
 * HAProxy's `option httplog` and `httpslog`: `CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER TIMERS STATUS BYTES COOKIES STATE CONNECTIONS QUEUES {HEADERS} "REQUEST"`.
 * A quote inside a header or the request is written `#22`. It has no zone, and nobody's name.
 */
export const haproxyHttp = described(
  {
    id: 'haproxy-http',
    title: 'HAProxy log, option httplog and httpslog',
    dataset: 'haproxy.http',
    input: 'text',
    fields: {
      at: { field: 'line', extract: '* [{}] *' },
      backend: { field: 'line', extract: '* [*] * {}/* *' },
      // Of IPv6 it is not known where the port begins.
      address: [
        { field: 'line', extract: '::ffff:{}:* [*' },
        { field: 'line', extract: '{}:* [*', when: { line: { pattern: '*.*.*.*:* [*' } } },
      ],
      status: part('{} *'),
      bytes: part('* {} *'),
      // `option httpslog` has more behind it.
      request: [
        { field: 'line', extract: '* "{}"' },
        { field: 'line', extract: '* "{}" *' },
      ],
    },
    ignore: [
      { when: { status: { not: ['-1', '0', '1xx', '2xx', '3xx', '4xx', '5xx'] } }, reason: 'server-line' },
      { when: { request: ['<BADREQ>', '<NOLOG>'] }, reason: 'no-request' },
    ],
    time: { field: 'at', unit: 'iso', zone: 'UTC' },
    request_line: 'request',
    result: [
      { is: 'error', when: { status: ['-1', '0'] } },
      { field: 'status', ...HTTP_STATUS },
    ],
    identities: {},
    proof: 'source',
    source_ip: 'address',
    bytes: 'bytes',
    status: 'status',
    service: 'backend',
  },
  {
    proof: 'nothing: it names nobody; its events count for their source address',
    about: {
      switchOn: '`option httplog` or `httpslog`, HAProxy in UTC; a `log-format` of JSON says who called',
      cannotTell: 'who called; the address of a client of IPv6; times of a server that is not in UTC',
      evidence: 'recorded: HAProxy 2.6',
    },
    knownBy: { line: { pattern: '*:* [*/*/*:*:*:*.*] * */* */*/*/*/* * * * * * */*/*/*/* */* *"*"*' } },
  },
);
