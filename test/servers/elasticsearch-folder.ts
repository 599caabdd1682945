import { execFileSync, spawnSync } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElasticsearchUser } from './elasticsearch-client.ts';

/** What one node has for itself: configuration, data, log. */
export interface NodeFolder {
  readonly path: string;
  /** The distribution that it runs from. */
  readonly home: string;
  readonly log: string;
  readonly env: NodeJS.ProcessEnv;
}

interface NodeSettings {
  readonly home: string;
  readonly port: number;
  readonly transportPort: number;
  readonly users: readonly ElasticsearchUser[];
  readonly roles: string;
  readonly heap: string;
}

const NOBODY = 65534;

/** Elasticsearch refuses to run as root. */
const isRoot = process.getuid?.() === 0;

/** Options of `spawn`. */
export const asNobody = () => (isRoot ? { uid: NOBODY, gid: NOBODY } : {});

export function makeNodeFolder(settings: NodeSettings): NodeFolder {
  const path = mkdtempSync(join(tmpdir(), 'wayward-elasticsearch-'));
  const config = join(path, 'config');
  for (const name of ['config', 'data', 'tmp', 'logs']) mkdirSync(join(path, name));
  const files = { 'elasticsearch.yml': nodeYaml(settings, path), 'jvm.options': jvmOptions(settings.heap) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(config, name), text);
  copyFileSync(join(settings.home, 'config', 'log4j2.properties'), join(config, 'log4j2.properties'));
  writeUsers(config, settings);
  const home = isRoot ? readableCopy(settings.home, path) : settings.home;
  if (isRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, path]);
  const env = {
    PATH: process.env.PATH,
    HOME: path,
    ES_PATH_CONF: config,
    ES_TMPDIR: join(path, 'tmp'),
    ES_JAVA_HOME: process.env.ES_JAVA_HOME ?? process.env.JAVA_HOME ?? javaHome(),
    CLI_JAVA_OPTS: '-Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
  };
  return { path, home, log: join(path, 'out.log'), env };
}

/** The cache lies below root's home, which nobody else may enter. */
function readableCopy(home: string, path: string): string {
  chmodSync(path, 0o755);
  const copy = join(path, 'home');
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** Of the `java` on the PATH, which prints its settings to stderr. */
const javaHome = (): string =>
  /java[.]home = (.+)/.exec(
    spawnSync('java', ['-XshowSettings:properties', '-version'], { encoding: 'utf8' }).stderr,
  )?.[1] ?? '';

const nodeYaml = ({ port, transportPort, users }: NodeSettings, path: string): string =>
  [
    'cluster.name: wayward-test',
    'node.name: one',
    'network.host: 127.0.0.1',
    `http.port: ${port}`,
    `transport.port: ${transportPort}`,
    'discovery.type: single-node',
    `path.data: ${join(path, 'data')}`,
    `path.logs: ${join(path, 'logs')}`,
    `xpack.security.enabled: ${users.length > 0}`,
    'xpack.security.enrollment.enabled: false',
    'xpack.security.autoconfiguration.enabled: false',
    'cluster.routing.allocation.disk.threshold_enabled: false',
    'node.processors: 2',
    '',
  ].join('\n');

const jvmOptions = (heap: string): string =>
  [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-AlwaysPreTouch',
    '-XX:+ExitOnOutOfMemoryError',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the launcher replaces it
    '-Djava.io.tmpdir=${ES_TMPDIR}',
    '',
  ].join('\n');

/** Elasticsearch's file realm: `users` with hashes, `users_roles` with the names by role. */
function writeUsers(config: string, { users, roles }: NodeSettings): void {
  const names = new Map<string, string[]>();
  for (const user of users) {
    for (const role of user.roles) names.set(role, [...(names.get(role) ?? []), user.name]);
  }
  writeFileSync(join(config, 'users'), users.map(({ name, password }) => `${name}:${hashOf(password)}\n`).join(''));
  writeFileSync(join(config, 'users_roles'), [...names].map(([role, who]) => `${role}:${who.join(',')}\n`).join(''));
  writeFileSync(join(config, 'roles.yml'), roles);
  writeFileSync(join(config, 'role_mapping.yml'), '');
}

/** In the form that Elasticsearch reads; its own tool would start a JVM for each. */
function hashOf(password: string): string {
  const rounds = 10_000;
  const salt = randomBytes(32);
  const hash = pbkdf2Sync(password, salt, rounds, 32, 'sha512');
  return `{PBKDF2}${rounds}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
