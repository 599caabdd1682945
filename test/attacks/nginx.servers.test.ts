import { join } from 'node:path';
import { parse } from 'yaml';
import type { Render } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { nginxCombined, nginxJson } from '../../src/simulate/render-nginx.ts';
import { snippets } from '../revokers/docs-snippet.ts';
import { describeWith } from '../servers/require-server.ts';
import { newSettings } from './attack.ts';
import { type AttackedNginx, startAttackedNginx } from './attacked-nginx.ts';
import { agentHere, httpHistory, victimBehind } from './http-agents.ts';
import { type HttpAttack, type HttpControl, play, testScene } from './http-attack.ts';
import { basic, type RawRequest, requestOf } from './raw-http.ts';
import type { Victim } from './victim.ts';

/** Servers of one nginx, each with its log: the first two name the user of Basic authentication, the others a consumer. */
type Log = 'open' | 'closed' | 'keys' | 'named';
type Ports = AttackedNginx<Log>['ports'];

const FLOOD = 1_000;
/** More than anybody mistypes. */
const REPEATS = 40;
const HOST = 'host: api';
const END = 'connection: close';
const wrongPassword = (victim: Victim) => basic(victim.identity, 'garbage');
const keyOf = (agent: Victim): string => `key-of-${agent.identity}`;

interface Planned extends Omit<HttpAttack, 'requests' | 'victim' | 'thief'> {
  readonly log: Log;
  readonly text: (victim: Victim, thief: Victim) => string;
  readonly leavesAfter?: number;
  readonly repeats?: number;
}

const get = (path: string, ...headers: readonly string[]): string =>
  requestOf(`GET ${path} HTTP/1.1`, HOST, ...headers, END);

/** A request for this path that names the victim, with a password that is none. */
const claimed =
  (path: string, method = 'GET', ...headers: readonly string[]) =>
  (victim: Victim): string =>
    requestOf(`${method} ${path} HTTP/1.1`, HOST, wrongPassword(victim), ...headers, END);

const twoHosts = (victim: Victim) => requestOf('GET /v1/payroll HTTP/1.1', wrongPassword(victim), HOST, HOST, END);

const stranger = (log: Log, attack: string, text: Planned['text'], more: Partial<Planned> = {}): Planned => ({
  ...{ point: 4, attacker: 'nothing', log, attack, text },
  ...more,
});

const HELD_401 = 'a 401 counted against nobody before';

/** Where nothing checks the password, and the source says nothing. */
const OPEN: readonly Planned[] = [
  stranger('open', 'Basic authentication that nothing checks, on a public path (200)', claimed('/v1/payroll')),
  stranger('open', 'Basic authentication on a path that is rewritten (301)', claimed('/old/payroll')),
  stranger('open', 'Basic authentication, a flood over the limit of requests (503)', claimed('/limited/payroll'), {
    times: FLOOD,
  }),
  stranger('open', 'Basic authentication in a broken request: two Host headers (400)', twoHosts, { repeats: REPEATS }),
  stranger('open', 'Basic authentication with the method TRACE (405)', claimed('/v1/payroll', 'TRACE'), {
    repeats: REPEATS,
  }),
  stranger('open', 'Basic authentication on a forbidden path (403)', claimed('/forbidden/payroll'), {
    repeats: REPEATS,
  }),
];

/** Where auth_basic stands in the server, and the source says `identity: authenticated`. */
const CLOSED: readonly Planned[] = [
  stranger('closed', 'auth_basic everywhere: a wrong password (401)', claimed('/v1/payroll'), {
    repeats: REPEATS,
    heldBefore: HELD_401,
  }),
  stranger('closed', 'auth_basic everywhere: a redirect of the rewrite phase (301)', claimed('/old/payroll'), {
    repeats: REPEATS,
  }),
  stranger('closed', 'auth_basic everywhere: another one (302)', claimed('/moved/payroll'), { repeats: REPEATS }),
  stranger('closed', 'auth_basic everywhere: a broken request (400)', twoHosts, { repeats: REPEATS }),
  stranger('closed', 'auth_basic everywhere: a request that never ends (408)', (victim) =>
    ['GET /v1/payroll HTTP/1.1', HOST, wrongPassword(victim), ''].join('\r\n'),
  ),
  stranger(
    'closed',
    'auth_basic everywhere: a body beyond the limit (413)',
    claimed('/v1/payroll', 'POST', 'content-length: 9999'),
    { repeats: REPEATS },
  ),
  stranger('closed', 'auth_basic everywhere: over the limit of requests (429)', claimed('/limited/payroll'), {
    repeats: REPEATS,
  }),
  stranger('closed', 'auth_basic everywhere: a flood over the limit (503)', claimed('/busy/payroll'), { times: FLOOD }),
  stranger('closed', 'auth_basic everywhere: leaves while it waits for its turn (499)', claimed('/queue/payroll'), {
    leavesAfter: 100,
    repeats: 3,
  }),
  stranger('closed', 'auth_basic everywhere: the method TRACE (405)', claimed('/v1/payroll', 'TRACE'), {
    repeats: REPEATS,
  }),
  stranger(
    'closed',
    'auth_basic everywhere: an unknown transfer encoding (501)',
    claimed('/v1/payroll', 'POST', 'transfer-encoding: none'),
    { repeats: REPEATS },
  ),
];

/** Everywhere that a caller may write. */
const everywhere = ({ identity }: Victim): string[] => [
  `x-consumer-id: ${identity}`,
  `x-credential-id: ${identity}`,
  basic(identity, 'x'),
  `user-agent: x","credential":"${identity}","y":"`,
  `x-agent-session: ${identity}`,
  `traceparent: ${identity}`,
];

const KEYS: readonly Planned[] = [
  stranger(
    'keys',
    'no key, and the victim in every header and argument',
    (victim) => get(`/v1/payroll?credential=${victim.identity}`, ...everywhere(victim)),
    { times: FLOOD, heldBefore: 'the consumer came out of the key map before, too' },
  ),
  stranger(
    'keys',
    "the victim's id as the key",
    (victim) => get('/v1/payroll', `x-api-key: ${victim.identity}`, ...everywhere(victim)),
    { heldBefore: 'the consumer came out of the key map before, too' },
  ),
  stranger(
    'keys',
    'a key of its own, and the victim in every header and argument',
    (victim, thief) =>
      get(`/v1/payroll?credential=${victim.identity}`, `x-api-key: ${keyOf(thief)}`, ...everywhere(victim)),
    { attacker: 'a key', heldBefore: 'the consumer came out of the key map before, too' },
  ),
  stranger(
    'named',
    'a log whose credential is a header of the request, and no word about where it comes from',
    (victim) => get('/v1/payroll', `x-consumer-id: ${victim.identity}`),
    { isDeclared: true },
  ),
];

/** What happens to everybody, one each. */
const MISTAKES: readonly (readonly [string, (agent: Victim) => string])[] = [
  ['404', (agent) => get('/v1/invocies/8812', `x-api-key: ${keyOf(agent)}`)],
  ['400', (agent) => requestOf('GET /v1/invoices/8812 HTTP/1.1', `x-api-key: ${keyOf(agent)}`, HOST, HOST, END)],
  ['405', (agent) => requestOf('TRACE /v1/invoices/8812 HTTP/1.1', `x-api-key: ${keyOf(agent)}`, HOST, END)],
  ['429', (agent) => get('/v1/too/many', `x-api-key: ${keyOf(agent)}`)],
  ['500', (agent) => get('/v1/broken', `x-api-key: ${keyOf(agent)}`)],
];

const combined: Render = (use) =>
  nginxCombined(use).map(({ time, text }) => ({ time, text: text.replace(' - - ', ` - ${use.identity} `) }));

const PASSWORD = 'pw-of-agents';

/** What the docs have users say of such logs. */
const [FROM_KEY_MAP, AUTHENTICATED] = snippets('sources.md', '## nginx', 'yaml').map(
  (yaml): unknown => parse(yaml).sources[0].identity,
);

const SERVER = {
  open: `
    location /old/ { return 301 /v1/; }
    location /forbidden/ { deny all; }
    location /limited/ { limit_req zone=open; proxy_pass http://upstream; }`,
  closed: `
    auth_basic agents; auth_basic_user_file FOLDER/htpasswd; client_header_timeout 1s; client_max_body_size 1k;
    location /old/ { return 301 /v1/; }
    location /moved/ { return 302 /v1/; }
    location /limited/ { limit_req zone=closed; limit_req_status 429; proxy_pass http://upstream; }
    location /busy/ { limit_req zone=busy; proxy_pass http://upstream; }
    location /queue/ { limit_req zone=queue burst=5; proxy_pass http://upstream; }`,
  keys: `
    location /v1/invocies/ { return 404; }
    location /v1/too/ { return 429; }
    location /v1/broken { return 500; }`,
};
const ZONES = ['open', 'closed', 'busy', 'queue'].map(
  (name) => `limit_req_zone $server_port zone=${name}:1m rate=1r/s;`,
);
const NAMED = `log_format named escape=json '{"msec":"$msec","remote_addr":"$remote_addr","credential":"$http_x_consumer_id",'
  '"method":"$request_method","uri":"$uri","status":$status,"body_bytes_sent":$body_bytes_sent,"user_agent":"$http_user_agent"}';`;

const PLANNED = [...OPEN, ...CLOSED, ...KEYS].map((planned, index) => ({
  ...planned,
  victim: victimBehind(`victim-${index}`),
  thief: planned.attacker === 'nothing' ? undefined : agentHere(`thief-${index}`),
}));
const INNOCENT = MISTAKES.map(([status, text]) => ({ status, text, agent: agentHere(`clumsy-${status}`) }));
const HONEST = {
  open: agentHere('honest-open'),
  closed: agentHere('honest-closed'),
  named: agentHere('honest-named'),
  keys: agentHere('honest-keys'),
};

const attacksAt = (ports: Ports): HttpAttack[] => [
  ...PLANNED.map(({ text, thief, repeats = 1, leavesAfter, ...planned }): HttpAttack => {
    const request = {
      port: ports[planned.log],
      text: text(planned.victim, thief ?? planned.victim),
      ...(leavesAfter === undefined ? {} : { leavesAfter }),
    };
    const requests = Array.from({ length: repeats }, () => request);
    return { ...planned, requests, ...(thief === undefined ? {} : { thief }) };
  }),
  ...INNOCENT.map(
    ({ status, text, agent }): HttpAttack => ({
      ...{ point: 7, attacker: 'no attacker', log: 'keys', attack: `one ${status} of an agent that mistypes` },
      ...{ victim: agent, requests: [{ port: ports.keys, text: text(agent) }] },
    }),
  ),
];

const MISUSE = '/v1/payroll';
const controlsAt = (ports: Ports): HttpControl[] => {
  const misuse = (log: Log, header: string): RawRequest[] => [{ port: ports[log], text: get(MISUSE, header) }];
  const { open, closed, named, keys } = HONEST;
  return [
    { log: 'open', agent: open, requests: misuse('open', basic(open.identity, PASSWORD)), until: 'nothing' },
    { log: 'named', agent: named, requests: misuse('named', `x-consumer-id: ${named.identity}`), until: 'found' },
    { log: 'closed', agent: closed, requests: misuse('closed', basic(closed.identity, PASSWORD)), until: 'revoked' },
    { log: 'keys', agent: keys, requests: misuse('keys', `x-api-key: ${keyOf(keys)}`), until: 'revoked' },
  ];
};

async function start() {
  const now = Date.now();
  const of = (log: Log): Victim[] =>
    PLANNED.filter((one) => one.log === log).flatMap(({ victim, thief }) => [victim, thief ?? []].flat());
  const clumsy = INNOCENT.map(({ agent }) => agent);
  const inKeys = [...of('keys'), ...clumsy, HONEST.keys];
  const nginx = await startAttackedNginx<Log>(
    {
      open: {
        ...{ http: ZONES.join(' '), format: 'combined', server: SERVER.open },
        history: httpHistory([...of('open'), HONEST.open], combined, now),
      },
      closed: {
        ...{ format: 'combined', server: SERVER.closed },
        history: httpHistory([...of('closed'), HONEST.closed], combined, now),
      },
      keys: {
        ...{ format: 'wayward', server: SERVER.keys },
        history: httpHistory(inKeys, nginxJson(seeded('keys')), now),
      },
      named: {
        ...{ http: NAMED, format: 'named' },
        history: httpHistory([...of('named'), HONEST.named], nginxJson(seeded('named')), now),
      },
    },
    {
      'keys.map': inKeys.map((agent) => `"${keyOf(agent)}" "${agent.identity}";\n`).join(''),
      htpasswd: [...of('closed'), HONEST.closed].map(({ identity }) => `${identity}:{PLAIN}${PASSWORD}\n`).join(''),
    },
  );
  try {
    const measured = await play({
      attacks: attacksAt(nginx.ports),
      controls: controlsAt(nginx.ports),
      folder: join(nginx.folder, 'wayward'),
      logs: {
        open: { file: nginx.logOf('open') },
        closed: { file: nginx.logOf('closed'), source: newSettings({ identity: AUTHENTICATED }) },
        keys: { file: nginx.logOf('keys'), source: newSettings({ identity: FROM_KEY_MAP }) },
        named: { file: nginx.logOf('named') },
      },
    });
    return { measured, stop: nginx.stop };
  } catch (error) {
    await nginx.stop();
    throw error;
  }
}

describeWith('nginx: who is believed', start, (played) => {
  const nowhere: Ports = { open: 0, closed: 0, keys: 0, named: 0 };
  testScene({ attacks: attacksAt(nowhere), controls: controlsAt(nowhere) }, () => played().measured);
});
