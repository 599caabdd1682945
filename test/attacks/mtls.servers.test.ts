import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Render } from '../../src/simulate/line.ts';
import { placed, snippets } from '../revokers/docs-snippet.ts';
import { describeWith } from '../servers/require-server.ts';
import { newSettings } from './attack.ts';
import { type AttackedNginx, type AttackedServer, startAttackedNginx } from './attacked-nginx.ts';
import { agentHere, httpHistory, victimBehind } from './http-agents.ts';
import { type HttpAttack, type HttpControl, play, testScene } from './http-attack.ts';
import { requestOf } from './raw-http.ts';
import type { Victim } from './victim.ts';

/**
 * Servers of one nginx, each with its log: by how they ask for a certificate; `raw` writes its log with escape=none; `silent` is
 * a log in which nothing is said about proof.
 */
const LOGS = ['on', 'optional', 'optional_no_ca', 'raw', 'silent'] as const;
type Log = (typeof LOGS)[number];
type Ports = AttackedNginx<Log>['ports'];

const FLOOD = 1_000;
const HOST = 'host: localhost';
const END = 'connection: close';

/** Who signed the certificate that names the victim. */
type Signer = 'itself' | 'another authority of the same name' | "the attacker's own certificate" | 'expired' | 'none';

interface Planned extends Omit<HttpAttack, 'requests' | 'victim' | 'thief' | 'point' | 'attacker'> {
  readonly log: Log;
  readonly signer: Signer | 'the attacker has one of its own';
  readonly headers?: (subject: string) => readonly string[];
  /** Over TLS unless it says so. */
  readonly isPlain?: boolean;
}

const PLANNED: readonly Planned[] = [
  { log: 'on', attack: 'a self-signed certificate with the subject of the victim (400)', signer: 'itself' },
  { log: 'optional', attack: 'the same where certificates are optional (400)', signer: 'itself' },
  {
    ...{ log: 'optional_no_ca', attack: 'the same where any certificate will do, a flood (200)', signer: 'itself' },
    times: FLOOD,
  },
  {
    ...{ log: 'on', attack: 'a certificate of another authority of the same name (400)' },
    signer: 'another authority of the same name',
  },
  {
    ...{ log: 'on', attack: "a certificate that the attacker's own certificate signed (400)" },
    signer: "the attacker's own certificate",
  },
  { log: 'on', attack: 'an expired certificate of the victim (400)', signer: 'expired' },
  {
    ...{ log: 'optional_no_ca', attack: 'no certificate, and the subject in headers (200)', signer: 'none' },
    headers: (subject) => [
      `x-ssl-client-s-dn: ${subject}`,
      'x-ssl-client-verify: SUCCESS',
      `ssl_client_s_dn: ${subject}`,
    ],
    heldBefore: 'headers were not logged before either',
  },
  {
    ...{ log: 'on', attack: 'no TLS at all, and the subject in headers (400)', signer: 'none', isPlain: true },
    headers: (subject) => [`x-ssl-client-s-dn: ${subject}`, 'x-ssl-client-verify: SUCCESS'],
    heldBefore: 'headers were not logged before either',
  },
  {
    ...{ log: 'on', attack: 'a certificate of its own, and JSON in the user agent' },
    ...{ signer: 'the attacker has one of its own', headers: inAgent },
    heldBefore: 'escape=json held before, too',
  },
  {
    ...{ log: 'raw', attack: 'escape=none: no certificate, and subject and verification in the user agent' },
    ...{ signer: 'none', headers: inAgent },
  },
  {
    ...{ log: 'silent', attack: 'a self-signed certificate, and a format that has no word about proof' },
    signer: 'itself',
  },
];

function inAgent(subject: string): string[] {
  return [`user-agent: x","verify":"SUCCESS","subject":"${subject}","y":"`];
}

const subjectOf = (name: string): string => `CN=${name},O=Example`;

const ATTACKS = PLANNED.map((planned, index) => {
  const name = `victim-${index}`;
  const thief = `thief-${index}`;
  const hasOwn = planned.signer === 'the attacker has one of its own';
  return {
    ...{ ...planned, name, victim: victimBehind(name, subjectOf(name), 'mtls_subject') },
    thief: hasOwn ? agentHere(thief, subjectOf(thief), 'mtls_subject') : undefined,
  };
});
const HONEST = {
  silent: agentHere('honest-silent', subjectOf('honest-silent'), 'mtls_subject'),
  on: agentHere('honest-on', subjectOf('honest-on'), 'mtls_subject'),
};

const openssl = (folder: string, ...args: readonly string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
const newKey = (name: string): string[] => [
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`],
];

/** NAME.pem and NAME.key: an authority, or what signs itself. */
const selfSigned = (folder: string, file: string, name: string) =>
  openssl(folder, 'req', '-x509', ...newKey(file), '-out', `${file}.pem`, '-subj', `/O=Example/CN=${name}`);

/** NAME.pem and NAME.key, signed by that authority. */
function signedBy(folder: string, authority: string, name: string, days = 2): void {
  openssl(folder, 'req', '-new', ...newKey(name), '-out', `${name}.csr`, '-subj', `/O=Example/CN=${name}`);
  const by = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', String(days)];
  openssl(folder, 'x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
}

function makeCertificates(folder: string): void {
  selfSigned(folder, 'authority', 'agents');
  selfSigned(folder, 'other-authority', 'agents');
  signedBy(folder, 'authority', 'server');
  signedBy(folder, 'authority', 'mallory');
  for (const { identity } of Object.values(HONEST)) signedBy(folder, 'authority', nameIn(identity));
  for (const { signer, name, thief } of ATTACKS) {
    if (signer === 'itself') selfSigned(folder, name, name);
    if (signer === 'another authority of the same name') signedBy(folder, 'other-authority', name);
    if (signer === "the attacker's own certificate") signedBy(folder, 'mallory', name);
    if (signer === 'expired') signedBy(folder, 'authority', name, -1);
    if (thief !== undefined) signedBy(folder, 'authority', nameIn(thief.identity));
  }
}

const nameIn = (subject: string): string => /^CN=([^,]+)/.exec(subject)?.[1] ?? '';

/** What a client presents; undefined in place of the folder where nobody connects. */
function presented(folder: string, name: string, chain: readonly string[] = []) {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { cert: [name, ...chain].map((file) => read(`${file}.pem`)).join(''), key: read(`${name}.key`) };
}

const get = (...headers: readonly string[]): string => requestOf('GET /v1/payroll HTTP/1.1', HOST, ...headers, END);

const attacksAt = (ports: Ports, folder?: string): HttpAttack[] =>
  ATTACKS.map(({ signer, headers = () => [], isPlain = false, name, thief, ...attack }) => {
    const own = thief === undefined ? name : nameIn(thief.identity);
    const chain = signer === "the attacker's own certificate" ? ['mallory'] : [];
    const certificate = folder === undefined || signer === 'none' ? {} : presented(folder, own, chain);
    const text = get(...headers(attack.victim.identity));
    return {
      ...{ ...attack, point: 4, attacker: thief === undefined ? 'nothing' : 'a key' },
      requests: [{ port: ports[attack.log], text, ...(isPlain ? {} : { tls: certificate }) }],
      ...(thief === undefined ? {} : { thief }),
    };
  });

const controlsAt = (ports: Ports, folder?: string): HttpControl[] => {
  const misuse = (log: keyof typeof HONEST) => {
    const tls = folder === undefined ? {} : presented(folder, nameIn(HONEST[log].identity));
    return { log, agent: HONEST[log], requests: [{ port: ports[log], text: get(), tls }] };
  };
  return [
    { ...misuse('silent'), until: 'nothing' },
    { ...misuse('on'), until: 'revoked' },
  ];
};

const agentsAt = (log: Log): Victim[] => [
  ...ATTACKS.filter((attack) => attack.log === log).flatMap(({ victim, thief }) => [victim, thief ?? []].flat()),
  ...(log === 'on' || log === 'silent' ? [HONEST[log]] : []),
];

/** As the documented log has it. */
const logged: Render = (use) => {
  if (use.action.kind !== 'http') throw new TypeError('nginx logs requests');
  const { method, path } = use.action;
  const time = { msec: (use.time / 1_000).toFixed(3), remote_addr: use.ip };
  const who = { verify: 'SUCCESS', subject: use.identity, user_agent: use.client };
  return [{ time: use.time, text: JSON.stringify({ ...time, ...who, method, path, status: 200, bytes: use.bytes }) }];
};

const HEADING = '## Client certificates in nginx';
const [format] = parse(snippets('sources.md', HEADING, 'yaml')[0] ?? '').formats;
const { proof, ...withoutProof } = format;
const FORMATS = [
  { ...withoutProof, ...newSettings({ proof }) },
  { ...withoutProof, id: 'nginx-mtls-silent' },
];

const LOG_FORMAT = placed(snippets('sources.md', HEADING, 'nginx')[0] ?? '', {
  'access_log /var/log/nginx/mtls.json mtls;': '',
});
const RAW_FORMAT = placed(LOG_FORMAT, { 'log_format mtls escape=json': 'log_format raw escape=none' });
const TLS = `ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key; ssl_client_certificate FOLDER/authority.pem;`;

const serverOf = (log: Log, now: number): AttackedServer => {
  const verify = log === 'raw' || log === 'silent' ? 'optional_no_ca' : log;
  return {
    ...{ format: log === 'raw' ? 'raw' : 'mtls', listen: 'ssl', server: `${TLS} ssl_verify_client ${verify};` },
    ...{ http: log === 'on' ? `${LOG_FORMAT} ${RAW_FORMAT}` : '' },
    history: httpHistory(agentsAt(log), logged, now),
  };
};

async function start() {
  const now = Date.now();
  const servers = Object.fromEntries(LOGS.map((log) => [log, serverOf(log, now)])) as Record<Log, AttackedServer>;
  const nginx = await startAttackedNginx<Log>(servers, { 'keys.map': '' }, makeCertificates);
  const { ports, folder } = nginx;
  const sourceOf = (log: Log) => ({ format: log === 'silent' ? 'nginx-mtls-silent' : 'nginx-mtls' });
  try {
    const measured = await play({
      ...{ attacks: attacksAt(ports, folder), controls: controlsAt(ports, folder), folder: join(folder, 'wayward') },
      logs: Object.fromEntries(LOGS.map((log) => [log, { file: nginx.logOf(log), source: sourceOf(log) }])),
      settings: { formats: FORMATS },
    });
    return { measured, stop: nginx.stop };
  } catch (error) {
    await nginx.stop();
    throw error;
  }
}

describeWith('client certificates: who is believed', start, (played) => {
  const nowhere = Object.fromEntries(LOGS.map((log) => [log, 0])) as Ports;
  testScene({ attacks: attacksAt(nowhere), controls: controlsAt(nowhere) }, () => played().measured);
});
