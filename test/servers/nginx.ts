import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './ended.ts';
import { freePort } from './free-port.ts';
import { MissingServer } from './require-server.ts';

export interface NginxServer {
  /** Guarded by the map: 200 to a known key in `x-api-key`, else 401. */
  readonly url: string;
  /** The file of `"KEY" "CONSUMER";` lines that nginx reads when it starts and when it is reloaded. */
  readonly mapFile: string;
  readonly pidFile: string;
  readonly configFile: string;
  /** The access log, one JSON object a line, in the format that Wayward reads. */
  log(): string;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 10_000;

/** A real nginx as an API gateway on a loopback port, with an empty map. Throws MissingServer where it is not installed. */
export async function startNginx(): Promise<NginxServer> {
  expectInstalled();
  const folder = mkdtempSync(join(tmpdir(), 'wayward-nginx-'));
  const at = (name: string) => join(folder, name);
  const port = await freePort();
  mkdirSync(at('keys'));
  writeFileSync(at('keys/keys.map'), '');
  writeFileSync(at('nginx.conf'), configuration(folder, port));
  const server = spawn('nginx', ['-c', at('nginx.conf'), '-e', at('error.log')], { stdio: 'ignore' });
  const killNow = () => server.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async () => {
    process.off('exit', killNow);
    await ended(server, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };

  const url = `http://127.0.0.1:${port}/`;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isUp(url))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      const log = readFileSync(at('error.log'), 'utf8');
      await stop();
      throw new Error(`nginx did not start: ${log}`);
    }
    await sleep(20);
  }
  return {
    url,
    mapFile: at('keys/keys.map'),
    pidFile: at('nginx.pid'),
    configFile: at('nginx.conf'),
    log: () => readFileSync(at('access.json'), 'utf8'),
    stop,
  };
}

function expectInstalled(): void {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MissingServer('nginx is not installed (Debian: nginx-light)');
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false; // not listening yet
  }
}

const configuration = (folder: string, port: number): string => `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log warn;
events { worker_connections 128; }
http {
  client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
  uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
  map $http_x_api_key $consumer { default ""; include ${folder}/keys/keys.map; }
  log_format gateway escape=json '{"time":"$time_iso8601","msec":"$msec","request_id":"$request_id","remote_addr":"$remote_addr",'
    '"credential":"$consumer","method":"$request_method","uri":"$uri","args":"$args","status":$status,'
    '"body_bytes_sent":$body_bytes_sent,"request_length":$request_length,"request_time":$request_time,'
    '"upstream_response_time":"$upstream_response_time","user_agent":"$http_user_agent","trace_id":"$http_traceparent",'
    '"session":"$http_x_agent_session"}';
  access_log ${folder}/access.json gateway;
  server {
    listen 127.0.0.1:${port};
    location / { if ($consumer = "") { return 401; } return 200 "served"; }
    location /open { return 200 "served"; }
    location /closed { return 401; }
  }
}
`;
