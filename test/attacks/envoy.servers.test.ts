import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Render } from '../../src/simulate/line.ts';
import {
  beginning,
  clusterOf,
  envoyFormat,
  keyOf,
  type ListenerPlan,
  listenerOf,
  typeOf,
} from '../revokers/envoy-gateway.ts';
import { startEnvoy } from '../servers/envoy.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startUpstream } from '../servers/upstream.ts';
import { newSettings } from './attack.ts';
import { agentHere, httpHistory, victimBehind } from './http-agents.ts';
import { type HttpAttack, type HttpControl, play, testScene } from './http-attack.ts';
import { requestOf } from './raw-http.ts';
import type { Victim } from './victim.ts';

/**
 * Listeners of one Envoy, each with its log: as the docs have it; with the header in the place of the metadata, for which the details
 * of the answer vouch; and with that header, and no word about proof.
 */
const LOGS = ['metadata', 'header', 'silent'] as const;
type Log = (typeof LOGS)[number];
type Ports = Readonly<Record<Log, number>>;

const FLOOD = 1_000;
const HOST = 'host: api';
const END = 'connection: close';
const HELD = {
  metadata: 'the log of the docs has only what a filter put there after the check of the key',
  removed: 'Envoy had taken the header away before, too',
};

interface Planned extends Omit<HttpAttack, 'requests' | 'victim' | 'thief' | 'point'> {
  readonly log: Log;
  readonly lines: (victim: Victim, thief: Victim) => readonly string[];
  readonly body?: string;
}

const claim = ({ identity }: Victim): string => `x-credential-id: ${identity}`;
const withKey = ({ identity }: Victim): string => `x-api-key: ${keyOf(identity)}`;

const noHost = (victim: Victim) => ['GET /v1/payroll HTTP/1.1', claim(victim), END];
const badPath = (victim: Victim) => ['GET /v1/%00payroll HTTP/1.1', HOST, claim(victim), END];
const requested =
  (path: string, ...more: readonly string[]) =>
  (victim: Victim) => [`GET ${path} HTTP/1.1`, HOST, claim(victim), claim(victim), ...more, END];

const stranger = (attack: string, lines: Planned['lines'], more: Partial<Planned> = {}): Planned => ({
  ...{ log: 'metadata', attacker: 'nothing', attack, lines, heldBefore: HELD.metadata },
  ...more,
});
const thief = (attack: string, lines: Planned['lines'], more: Partial<Planned> = {}): Planned => ({
  ...{ log: 'metadata', attacker: 'a key', attack, lines, heldBefore: HELD.metadata },
  ...more,
});
/** In the log of the header, what a stranger claims counted. */
const inHeader = (log: Log, attack: string, lines: Planned['lines'], more: Partial<Planned> = {}): Planned => ({
  ...{ log, attacker: 'nothing', attack: `the header in the log: ${attack}`, lines },
  ...more,
});

const PLANNED: readonly Planned[] = [
  stranger('a claimed header, no Host, a flood (400)', noHost, { times: FLOOD }),
  stranger('a claimed header, a path that Envoy does not normalise (400)', badPath),
  stranger('two claimed headers, no key (401)', requested('/v1/payroll')),
  stranger('two claimed headers on a public path (200)', requested('/public/payroll')),
  stranger('two claimed headers on a public path that Envoy answers itself (200)', requested('/status/payroll')),
  stranger('two claimed headers, too many others (431)', requested('/v1/payroll', ...headers(120))),
  stranger('a claimed header with HTTP/1.0 (426)', (victim) => ['GET /v1/payroll HTTP/1.0', HOST, claim(victim)]),
  stranger('an upgrade to something that Envoy does not know (403)', (victim) => [
    ...['GET /v1/payroll HTTP/1.1', HOST, claim(victim), 'upgrade: other', 'connection: upgrade'],
  ]),
  stranger('a request that does not end (408)', (victim) => ['GET /v1/payroll HTTP/1.1', HOST, claim(victim)], {
    body: 'unfinished',
  }),
  thief('its own key and the victim in two headers (200)', (victim, own) =>
    requested('/v1/payroll', withKey(own))(victim),
  ),
  thief('its own key where no route is, a flood (404)', (victim, own) => requested('/nowhere', withKey(own))(victim), {
    times: FLOOD,
  }),
  thief('its own key where Envoy denies it (403)', (victim, own) => requested('/forbidden', withKey(own))(victim)),
  thief(
    'its own key where the upstream does not answer, a flood (504)',
    (victim, own) => requested('/slow', withKey(own))(victim),
    { times: FLOOD },
  ),
  thief('its own key and an upgrade, which the upstream does not take', (victim, own) => [
    ...['GET /v1/payroll HTTP/1.1', HOST, claim(victim), withKey(own)],
    ...['upgrade: websocket', 'connection: upgrade'],
  ]),
  thief(
    'its own key, and the victim in the trailers of a body',
    (_, own) => ['POST /v1/payroll HTTP/1.1', HOST, withKey(own), 'transfer-encoding: chunked', END],
    { body: 'trailers' },
  ),
  thief('its own key, and JSON in the user agent', ({ identity }, own) => [
    ...['GET /v1/payroll HTTP/1.1', HOST, withKey(own), `user-agent: x","credential":"${identity}","y":"`, END],
  ]),
  inHeader('header', 'no Host, a flood (400)', noHost, { times: FLOOD }),
  inHeader('header', 'a path that Envoy does not normalise (400)', badPath),
  inHeader('header', 'a public path (200)', requested('/public/payroll'), { heldBefore: HELD.removed }),
  inHeader('silent', 'no Host, and a format that has no word about proof (400)', noHost, { isDeclared: true }),
];

function headers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `x-${index}: y`);
}

const BODIES: Readonly<Record<string, (victim: Victim) => string>> = {
  trailers: (victim) => `0\r\n${claim(victim)}\r\n\r\n`,
};

const ATTACKS = PLANNED.map((planned, index) => ({
  ...planned,
  victim: victimBehind(`victim-${index}`),
  own: planned.attacker === 'a key' ? agentHere(`thief-${index}`) : undefined,
}));
const HONEST = {
  silent: agentHere('honest-silent'),
  header: agentHere('honest-header'),
  metadata: agentHere('honest'),
};

const attacksAt = (ports: Ports): HttpAttack[] =>
  ATTACKS.map(({ lines, body = '', own, ...attack }) => {
    const head = requestOf(...lines(attack.victim, own ?? attack.victim));
    const text = body === 'unfinished' ? head.slice(0, -2) : `${head}${BODIES[body]?.(attack.victim) ?? ''}`;
    return {
      ...{ ...attack, point: 4, requests: [{ port: ports[attack.log], text }] },
      ...(own === undefined ? {} : { thief: own }),
    };
  });

const controlsAt = (ports: Ports): HttpControl[] => {
  const misuse = (log: Log) => {
    const text = requestOf('GET /v1/payroll HTTP/1.1', HOST, withKey(HONEST[log]), END);
    return { log, agent: HONEST[log], requests: [{ port: ports[log], text }] };
  };
  return [
    { ...misuse('silent'), until: 'found' },
    { ...misuse('header'), until: 'revoked' },
    { ...misuse('metadata'), until: 'revoked' },
  ];
};

const agentsAt = (log: Log): Victim[] => [
  ...ATTACKS.filter((attack) => attack.log === log).flatMap(({ victim, own }) => [victim, own ?? []].flat()),
  HONEST[log],
];

const ANYBODY = { permissions: [{ any: true }], principals: [{ any: true }] };
const ROUTES = [
  { match: { prefix: '/public/' }, route: { cluster: 'upstream' }, typed_per_filter_config: noKeyNeeded() },
  {
    ...{ match: { prefix: '/status/' }, typed_per_filter_config: noKeyNeeded() },
    direct_response: { status: 200, body: { inline_string: 'fine' } },
  },
  {
    ...{ match: { prefix: '/forbidden' }, route: { cluster: 'upstream' } },
    typed_per_filter_config: {
      'wayward-denied': {
        '@type': typeOf('filters.http.rbac.v3.RBACPerRoute'),
        rbac: { rules: { action: 'DENY', policies: { anybody: ANYBODY } } },
      },
    },
  },
  { match: { prefix: '/slow' }, route: { cluster: 'upstream', timeout: '0.02s' } },
  { match: { prefix: '/nowhere' }, route: { cluster_header: 'x-no-such-header' } },
];

function noKeyNeeded(): object {
  const disabled = { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true, config: {} };
  return { 'envoy.filters.http.api_key_auth': disabled };
}

const MANAGER = {
  normalize_path: true,
  request_headers_timeout: '0.5s',
  upgrade_configs: [{ upgrade_type: 'websocket' }],
};
/** How the log names the credential where the docs' metadata is not used. */
const HEADER = { '%DYNAMIC_METADATA(wayward:credential)%': '%REQ(X-CREDENTIAL-ID)%' };

/** As that log has it. */
const logged: Render = (use) => {
  if (use.action.kind !== 'http') throw new TypeError('Envoy logs requests');
  const { method, path } = use.action;
  const request = { credential: use.identity, method, path, status: 200, details: 'via_upstream', bytes: use.bytes };
  const caller = { remote: use.ip, user_agent: use.client };
  return [{ time: use.time, text: JSON.stringify({ time: new Date(use.time).toISOString(), ...request, ...caller }) }];
};

const { proof: documented, ...withoutProof } = envoyFormat() as Record<string, unknown>;
const FORMATS = [
  { ...withoutProof, ...newSettings({ proof: documented }) },
  {
    ...{ ...withoutProof, id: 'envoy-header' },
    ...newSettings({ proof: { field: 'details', verified: ['via_upstream'] } }),
  },
  { ...withoutProof, id: 'envoy-silent' },
];
const FORMAT_OF: Readonly<Record<Log, string>> = { metadata: 'envoy', header: 'envoy-header', silent: 'envoy-silent' };

async function start() {
  const now = Date.now();
  const upstream = await startUpstream();
  const ports = { metadata: await freePort(), header: await freePort(), silent: await freePort() };
  const listeners = LOGS.map((log): ListenerPlan => {
    const ids = agentsAt(log).map(({ identity }) => identity);
    const plan = { name: log, port: ports[log], log: `${log}.json`, ids, manager: MANAGER, routes: ROUTES };
    return log === 'metadata' ? plan : { ...plan, logChanges: HEADER };
  });
  const envoy = await startEnvoy(async (folder) => {
    writeFileSync(join(folder, 'wayward-denied.json'), beginning());
    for (const log of LOGS) writeFileSync(join(folder, `${log}.json`), httpHistory(agentsAt(log), logged, now));
    return { listeners: listeners.map((plan) => listenerOf(folder, plan)), clusters: [clusterOf(upstream.port)] };
  });
  const stop = async () => {
    await envoy.stop();
    await upstream.stop();
  };
  const sourceOf = (log: Log) => ({ file: join(envoy.folder, `${log}.json`), source: { format: FORMAT_OF[log] } });
  try {
    const measured = await play({
      ...{ attacks: attacksAt(ports), controls: controlsAt(ports), folder: join(envoy.folder, 'wayward') },
      logs: { metadata: sourceOf('metadata'), header: sourceOf('header'), silent: sourceOf('silent') },
      settings: { formats: FORMATS },
    });
    return { measured, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

describeWith('Envoy: who is believed', start, (played) => {
  const nowhere = { metadata: 0, header: 0, silent: 0 };
  testScene({ attacks: attacksAt(nowhere), controls: controlsAt(nowhere) }, () => played().measured);
});
