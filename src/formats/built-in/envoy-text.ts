import { described, HTTP_STATUS } from './described.ts';
import { EGRESS } from './envoy.ts';

/** Istio writes why a request ended, and the route, around what Envoy writes of itself. */
const isIstio = { line: { pattern: '[*] "*" * * * * "*" * * * * "*" "*" "*" "*" "*" * * * * * *' } };
const isEnvoy = { line: { pattern: '[*] "*" * * * * * * "*" "*" "*" "*" "*"' } };
/** A quote is not escaped: where there are more than the log has itself, a client may have written what stands behind it. */
const isPlain = { line: { not: '*"'.repeat(15).concat('*') } };

const part = (extract: string) => ({ field: 'line', extract: `[*] "*" ${extract}` });
/** Behind the request's id, host and upstream. */
const behind = (extract: string) => ({
  field: 'line',
  extract: `[*] "*" * * * * "*" * * * * "*" "*" "*" "*" "*" ${extract}`,
  when: { ...isIstio, ...isPlain },
});

/** Envoy's own format of text, and Istio's, unless `accessLogFormat` says otherwise. Neither names who called. */
export const envoyText = described(
  {
    id: 'envoy-text',
    title: 'Envoy and Istio access log, text',
    dataset: 'envoy.access',
    input: 'text',
    fields: {
      at: { field: 'line', extract: '[{}] "*' },
      request: { field: 'line', extract: '[*] "{}" *' },
      method: { field: 'request', extract: '{} *' },
      status: part('{} *'),
      flags: part('* {} *'),
      bytes: [
        { ...part('* * * * "*" * {} *'), when: isIstio },
        { ...part('* * * {} *'), when: isEnvoy },
      ],
      user_agent: [
        { ...part('* * * * "*" * * * * "*" "{}" *'), when: isIstio },
        { ...part('* * * * * * "*" "{}" *'), when: isEnvoy },
      ],
      host: [
        { ...part('* * * * "*" * * * * "*" "*" "*" "{}" *'), when: { ...isIstio, ...isPlain } },
        { ...part('* * * * * * "*" "*" "*" "{}" *'), when: isEnvoy },
      ],
      cluster: behind('{} * * * * *'),
      destination: behind('* * {} * * *'),
      address: behind('* * * {} * *'),
      name: behind('* * * * {} *'),
    },
    time: { field: 'at', unit: 'iso' },
    result: [
      { is: 'error', when: { status: '0', flags: { exists: true } } },
      { is: 'error', when: { status: '0', request: { not: '- - -' } } },
      { field: 'status', ...HTTP_STATUS },
    ],
    identities: {},
    proof: 'source',
    source_ip: 'address',
    client: 'user_agent',
    bytes: 'bytes',
    status: 'status',
    service: ['cluster', 'host'],
    cases: [
      {
        when: { request: '- - -', cluster: EGRESS },
        dataset: 'envoy.egress',
        action: ["{'connect'} {name}", "{'connect'} {destination}"],
      },
      { when: { request: '- - -' }, action: ["{'connect'} {cluster}", "{'connect'}"] },
      { when: { request: 'CONNECT *' }, dataset: 'envoy.egress', action: "{'CONNECT'} {host}" },
      { when: { cluster: EGRESS }, dataset: 'envoy.egress', action: '{method} {host}' },
      { request_line: 'request' },
    ],
  },
  {
    proof: 'nothing: it names nobody; its events count for their source address, which only Istio writes',
    about: {
      switchOn: "nothing: Envoy's `file` access log without a format, Istio's `accessLogFile: /dev/stdout`",
      cannotTell: 'who called; an address other than what a client claims, but for Istio',
      evidence: "documented: Envoy's default format string, and Istio's, 2026",
    },
    knownBy: [isIstio, isEnvoy],
  },
);
