import { described } from './described.ts';

/** Behind the first `/` stand status, bytes, method, target and name; Squid takes no request whose target holds a space. */
const part = (extract: string) => ({ field: 'line', extract: `*/* ${extract}` });

/**
 * Squid's own log (`logformat squid`): where an agent went, `CONNECT api.example.com:443` for TLS. On a 407 the name is the one that was claimed, and
 * spaces in it are written as they are.
 */
export const squid = described(
  {
    id: 'squid',
    title: 'Squid access log',
    dataset: 'squid.access',
    input: 'text',
    fields: {
      at: { field: 'line', extract: '{} *' },
      // What Squid writes before it writes anything that a client sent: time, milliseconds (six places), address, and what it did.
      head: { field: 'line', extract: '{}/*' },
      address: [6, 5, 4, 3, 2, 1].map((spaces) => ({ field: 'head', extract: `*.*${' '.repeat(spaces)}* {} *` })),
      status: { field: 'line', extract: '*/{} *' },
      bytes: part('{} *'),
      method: part('* {} *'),
      target: part('* * {} *'),
      user: part('* * * {} HIER_*'),
      host: [
        { field: 'target', extract: '*://{}/*' },
        { field: 'target', extract: '*://{}' },
        { field: 'target', extract: '{}' },
      ],
    },
    ignore: [
      { when: { user: { exists: false }, method: { exists: false } }, reason: 'server-line' },
      { when: { target: 'error:*' }, reason: 'no-request' },
    ],
    time: { field: 'at', unit: 's' },
    action: '{method} {host}',
    result: [
      // A 401 is that of the server behind.
      { field: 'status', rejected: [407], denied: [403], error: ['000', '4xx', '5xx'] },
    ],
    identities: { credential_id: 'user' },
    proof: [{ is: 'verified', when: { user: { exists: true }, status: { not: 407 } } }],
    source_ip: 'address',
    bytes: 'bytes',
    status: 'status',
    service: 'host',
  },
  {
    proof:
      'the name of an answer other than 407, on which it is the one that was claimed; with ident it is the word of the client',
    about: {
      switchOn:
        '`access_log … squid` (what Squid writes unless told otherwise), and `auth_param` with an acl of `proxy_auth`',
      cannotTell:
        'paths and methods within TLS; parameters, which Squid leaves out; who asked for what it refused before it knew',
      evidence: 'recorded: Squid 5.7',
    },
    knownBy: { line: { pattern: ['*.* * TCP_*/* * * * HIER_*/*', '*.* * NONE*/* * * * HIER_*/*'] } },
  },
);
