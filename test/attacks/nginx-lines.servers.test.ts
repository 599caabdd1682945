import { join } from 'node:path';
import type { Line, Render } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { nginxCombined, nginxJson } from '../../src/simulate/render-nginx.ts';
import { describeWith } from '../servers/require-server.ts';
import { newSettings } from './attack.ts';
import { type AttackedNginx, startAttackedNginx } from './attacked-nginx.ts';
import { agentHere, httpHistory, victimBehind } from './http-agents.ts';
import { type HttpAttack, type HttpControl, play, testScene } from './http-attack.ts';
import { basic, requestOf } from './raw-http.ts';
import type { Victim } from './victim.ts';

/** Servers of one nginx, each with its log: JSON and combined lines as they should not be configured. */
type Log = 'raw' | 'late' | 'container' | 'syslog' | 'vhost' | 'forwarded' | 'rawForwarded' | 'plain';
type Ports = AttackedNginx<Log>['ports'];

const FLOOD = 1_000;

/** A key of JSON that comes a second time, as the caller writes it into its user agent. */
const again = (key: string) => (identity: string) => `user-agent: x","${key}:"${identity}","y":"`;

interface Planned extends Omit<HttpAttack, 'requests' | 'victim' | 'thief' | 'point' | 'attacker'> {
  readonly log: Log;
  readonly headers: (name: string) => readonly string[];
  /** The identity that an earlier version made of the line, of a caller whose name this is. */
  readonly misread?: (name: string) => string;
}

const PLANNED: readonly Planned[] = [
  {
    ...{ log: 'raw', attack: 'escape=none: "credential" a second time in the user agent', times: FLOOD },
    headers: (name) => [again('credential"')(name)],
  },
  {
    ...{ log: 'raw', attack: 'escape=none: "\\u0063redential" in the user agent' },
    headers: (name) => [again('\\u0063redential"')(name)],
  },
  {
    ...{ log: 'raw', attack: 'escape=none: every letter of "credential" as \\u' },
    headers: (name) => [again(`${inUnicode('credential')}"`)(name)],
  },
  {
    ...{ log: 'raw', attack: 'escape=none: "credential" with spaces before its colon' },
    headers: (name) => [again('credential" \t ')(name)],
  },
  {
    ...{ log: 'raw', attack: 'escape=none: "credential" and another status, in the session' },
    headers: (name) => [`x-agent-session: x","credential":"${name}","status":200,"y":"`],
  },
  {
    ...{ log: 'late', attack: 'escape=none: "credential" before the real one, which comes last' },
    headers: (name) => [again('credential"')(name)],
    heldBefore: 'the last key won before, which is the real one here',
  },
  {
    ...{ log: 'container', attack: "a container runtime's prefix: its words become the user" },
    headers: (name) => [basic(name, 'x')],
    misread: (name) => `F 127.0.0.1 - ${name}`,
  },
  {
    ...{ log: 'syslog', attack: "syslog's prefix: the address becomes the user" },
    headers: (name) => [basic(name, 'x')],
    misread: (name) => `12:03:18 gateway nginx: 127.0.0.1 - ${name}`,
  },
  {
    ...{ log: 'vhost', attack: "a virtual host's prefix: the dash becomes the user" },
    headers: (name) => [basic(name, 'x')],
    misread: (name) => `- ${name}`,
  },
  {
    ...{ log: 'forwarded', attack: 'a list of X-Forwarded-For: its rest becomes the user' },
    headers: (name) => [basic(name, 'x'), 'x-forwarded-for: 10.4.2.7, 10.4.2.8, 10.4.2.9'],
    misread: (name) => `10.4.2.9 - ${name}`,
  },
  {
    ...{ log: 'forwarded', attack: 'X-Forwarded-For that begins as a line of the victim' },
    headers: (name) => [`x-forwarded-for: 10.4.2.7 - ${name}`],
    misread: (name) => `${name} - -`,
  },
  {
    ...{ log: 'rawForwarded', attack: 'escape=none: X-Forwarded-For that is a whole line of the victim' },
    headers: (name) => [
      `x-forwarded-for: 203.0.113.9 - ${name} [${clfNow()}] "GET /v1/payroll HTTP/1.1" 200 512 "-" "curl/8.5"`,
    ],
  },
];

const inUnicode = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** As the history's renderer writes the time. */
function clfNow(): string {
  const [, time = ''] = /\[([^\]]+)\]/.exec(inCombined('')(Date.now())) ?? [];
  return time;
}

const inCombined =
  (identity: string) =>
  (time: number): string =>
    nginxCombined({
      ...{ time, result: 'success', bytes: 512, rows: 0, ip: '10.4.2.7', client: 'x', identity, session: '' },
      ...{ endsSession: true, action: { kind: 'http', method: 'GET', path: '/', args: '' } },
    })[0]?.text ?? '';

/** The history of a log of combined lines, with a caller's name: the lines themselves are well-formed. */
const combined: Render = (use) =>
  nginxCombined(use).map(({ time, text }): Line => ({ time, text: text.replace(' - - ', ` - ${use.identity} `) }));

const LINE =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
const forwarded = LINE.replace('$remote_addr', '$http_x_forwarded_for');
const JSON_LINE =
  `{"msec":"$msec","remote_addr":"$remote_addr",FIRST"method":"$request_method","uri":"$uri","status":$status,
"body_bytes_sent":$body_bytes_sent,"user_agent":"$http_user_agent","session":"$http_x_agent_session"LAST}`.replaceAll(
    '\n',
    '',
  );
const CREDENTIAL = '"credential":"$consumer"';

const FORMATS: Readonly<Record<Log, string>> = {
  raw: `escape=none '${JSON_LINE.replace('FIRST', `${CREDENTIAL},`).replace('LAST', '')}'`,
  late: `escape=none '${JSON_LINE.replace('FIRST', '').replace('LAST', `,${CREDENTIAL}`)}'`,
  container: `'$time_iso8601 stdout F ${LINE}'`,
  syslog: `'<190>Nov 29 12:03:18 gateway nginx: ${LINE}'`,
  vhost: `'api.example.com:443 ${LINE}'`,
  forwarded: `'${forwarded}'`,
  rawForwarded: `escape=none '${forwarded}'`,
  plain: `'${LINE}'`,
};
const LOGS = Object.keys(FORMATS) as Log[];
const isJson = (log: Log): boolean => log === 'raw' || log === 'late';

const ATTACKS = PLANNED.map((planned, index) => {
  const name = `victim-${index}`;
  return { ...planned, name, victim: victimBehind(name, planned.misread?.(name)) };
});
const HONEST = { raw: agentHere('honest-raw'), plain: agentHere('honest-plain') };
const keyOf = (agent: Victim): string => `key-of-${agent.identity}`;

const get = (...headers: readonly string[]): string =>
  requestOf('GET /v1/payroll HTTP/1.1', 'host: api', ...headers, 'connection: close');

const attacksAt = (ports: Ports): HttpAttack[] =>
  ATTACKS.map(({ headers, name, misread: _, ...attack }) => ({
    ...{ ...attack, point: 6, attacker: 'nothing' },
    requests: [{ port: ports[attack.log], text: get(...headers(name)) }],
  }));

const controlsAt = (ports: Ports): HttpControl[] => [
  {
    ...{ log: 'plain', agent: HONEST.plain, until: 'revoked' },
    requests: [{ port: ports.plain, text: get(basic(HONEST.plain.identity, 'x')) }],
  },
  {
    ...{ log: 'raw', agent: HONEST.raw, until: 'revoked' },
    requests: [{ port: ports.raw, text: get(`x-api-key: ${keyOf(HONEST.raw)}`) }],
  },
];

async function start() {
  const now = Date.now();
  const agentsOf = (log: Log): Victim[] => [
    ...ATTACKS.filter((attack) => attack.log === log).map(({ victim }) => victim),
    ...Object.entries(HONEST).flatMap(([name, agent]) => (name === log ? [agent] : [])),
  ];
  const servers = LOGS.map((log) => [
    log,
    {
      ...{ http: `log_format ${log} ${FORMATS[log]};`, format: log },
      history: httpHistory(agentsOf(log), isJson(log) ? nginxJson(seeded(log)) : combined, now),
    },
  ]);
  const nginx = await startAttackedNginx<Log>(Object.fromEntries(servers), {
    'keys.map': `"${keyOf(HONEST.raw)}" "${HONEST.raw.identity}";\n`,
  });
  const sourceOf = (log: Log) => ({
    format: isJson(log) ? 'nginx-json' : 'nginx-combined',
    ...newSettings({ identity: isJson(log) ? 'from-key-map' : 'authenticated' }),
  });
  try {
    const measured = await play({
      attacks: attacksAt(nginx.ports),
      controls: controlsAt(nginx.ports),
      folder: join(nginx.folder, 'wayward'),
      logs: Object.fromEntries(LOGS.map((log) => [log, { file: nginx.logOf(log), source: sourceOf(log) }])),
    });
    return { measured, stop: nginx.stop };
  } catch (error) {
    await nginx.stop();
    throw error;
  }
}

describeWith('nginx: lines that callers write into', start, (played) => {
  const nowhere = Object.fromEntries(LOGS.map((log) => [log, 0])) as Ports;
  testScene({ attacks: attacksAt(nowhere), controls: controlsAt(nowhere) }, () => played().measured);
});
