import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './ended.ts';
import { findProgram } from './find-program.ts';
import { freePort } from './free-port.ts';
import { watched, watchedFolder } from './watched.ts';

export interface NginxServer {
  readonly binary: string;
  readonly folder: string;
  readonly pidFile: string;
  readonly configFile: string;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 10_000;

/** What stands in nginx.conf beside its own places: `main` outside of `http`, `http` in it. Its files are in the folder. */
export interface NginxConfig {
  readonly main: string;
  readonly http: string;
}

/** A real nginx with two workers, in a folder of its own. Throws MissingServer where it is not installed. */
export async function startNginx(configIn: (folder: string) => Promise<NginxConfig> = onePage): Promise<NginxServer> {
  const binary = findProgram('nginx', 'nginx-light');
  const folder = watchedFolder('nginx');
  chmodSync(folder, 0o755); // the workers are somebody else
  const at = (name: string) => join(folder, name);
  writeFileSync(at('nginx.conf'), configuration(folder, await configIn(folder)));
  const server = watched(
    spawn(binary, ['-c', at('nginx.conf'), '-e', at('error.log')], { stdio: 'ignore', detached: true }),
  );
  const stop = async () => {
    await ended(server, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!isMaster(at('nginx.pid'))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      const log = readFileSync(at('error.log'), 'utf8');
      await stop();
      throw new Error(`nginx did not start: ${log}`);
    }
    await sleep(20);
  }
  return { binary, folder, pidFile: at('nginx.pid'), configFile: at('nginx.conf'), stop };
}

/** Its pid file is there before it has become a master. */
function isMaster(pidFile: string): boolean {
  const pid = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : '';
  const title = `/proc/${pid}/cmdline`;
  return pid !== '' && existsSync(title) && readFileSync(title, 'utf8').startsWith('nginx: master process');
}

async function onePage(): Promise<NginxConfig> {
  return { main: '', http: `server { listen 127.0.0.1:${await freePort()}; }` };
}

const configuration = (folder: string, { main, http }: NginxConfig): string => `
daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log ${folder}/error.log warn;
${main}
events { worker_connections 256; }
http {
  client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
  uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
${http}
}
`;
