import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtOnce } from './built-once.ts';
import { authorization, type Elasticsearch, type ElasticsearchUser, elasticsearchAt } from './elasticsearch-client.ts';
import { addEsql, LAST_MODULE } from './elasticsearch-esql.ts';
import { asNobody, makeNodeFolder, type NodeFolder } from './elasticsearch-folder.ts';
import { freePort } from './free-port.ts';
import { mavenTarget } from './maven.ts';

export interface OwnElasticsearch extends Elasticsearch {
  /** As `kill -9` does; `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it in good order if it runs, and starts it on the same port with the same data. */
  restart(): Promise<void>;
}

interface ElasticsearchOptions {
  /** Switches security on. The first one has to be a `superuser`. */
  readonly users?: readonly ElasticsearchUser[];
  /** roles.yml: what the users' own roles may do. */
  readonly roles?: string;
  /** As `java -Xmx` takes it. */
  readonly heap?: string;
}

const PROJECT = 'elasticsearch-node';
const VERSION = '8.19.21';
const READY_TIMEOUT_MS = 120_000;

/**
 * A real Elasticsearch node on free loopback ports: the distribution that Elastic builds for integration tests, with ES|QL.
 * It is cut down: no ILM, ingest processors, painless, API keys, `info()`, nor the types match_only_text, wildcard and
 * constant_keyword. Throws MissingServer without Java or Maven.
 */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<OwnElasticsearch> {
  const { users = [], roles = '', heap = '384m' } = options;
  const home = await distribution();
  const port = await freePort();
  const folder = makeNodeFolder({ home, port, transportPort: await freePort(), users, roles, heap });
  const url = `http://127.0.0.1:${port}`;
  const headers = authorization(users[0]);

  let server = await started(folder, url, headers);
  const killNow = () => signal(server, 'SIGKILL');
  process.once('exit', killNow);
  const stop = async () => {
    process.off('exit', killNow);
    await ended(server, 'SIGKILL'); // its data go with it: nothing to be saved
    rmSync(folder.path, { recursive: true, force: true });
  };
  return {
    ...elasticsearchAt(url, users[0], stop),
    kill: () => ended(server, 'SIGKILL'),
    async restart() {
      await ended(server, 'SIGTERM');
      server = await started(folder, url, headers);
    },
  };
}

/** Unpacked by Maven, with ES|QL added; each once for all tests of this machine. */
async function distribution(): Promise<string> {
  const target = await mavenTarget(PROJECT, VERSION);
  const home = join(target, `elasticsearch-${VERSION}`);
  const product = relative(dirname(target), join(home, 'modules', LAST_MODULE));
  await builtOnce(`${PROJECT}-${VERSION}`, product, async () => addEsql(home, join(target, 'esql-lib')));
  return home;
}

async function started(folder: NodeFolder, url: string, headers: Readonly<Record<string, string>>) {
  const log = openSync(folder.log, 'w');
  // A process group of its own: the launcher and the node under it get every signal together.
  const server = spawn('bash', [join(folder.home, 'bin', 'elasticsearch')], {
    cwd: folder.path,
    env: folder.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...asNobody(),
  });
  closeSync(log);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(url, headers))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await ended(server, 'SIGKILL');
      throw new Error(`Elasticsearch did not start: ${readFileSync(folder.log, 'utf8').slice(-4000)}`);
    }
    await sleep(100);
  }
  return server;
}

async function isReady(url: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(5000);
    return (await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=2s`, { headers, signal })).ok;
  } catch {
    return false; // not listening yet
  }
}

function signal(server: ChildProcess, name: NodeJS.Signals): void {
  if (server.pid === undefined) return;
  try {
    process.kill(-server.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
  }
}

/** Until the whole group is gone; the hard way after 20 s. */
async function ended(server: ChildProcess, name: NodeJS.Signals): Promise<void> {
  signal(server, name);
  const deadline = Date.now() + 20_000;
  while (isAlive(server)) {
    if (Date.now() > deadline) signal(server, 'SIGKILL');
    await sleep(20);
  }
}

function isAlive({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}
