import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../test/servers/find-program.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { answers, startServerProcess } from '../../test/servers/server-process.ts';
import { startUpstream } from '../../test/servers/upstream.ts';
import { watchedFolder } from '../../test/servers/watched.ts';
import { callGateway } from './calls.ts';

/** HAProxy in front of paths with a key and with passwords, once with a log format of JSON and once with `option httplog`. */
export async function recordHaproxy(): Promise<Record<string, string>> {
  const binary = findProgram('haproxy', 'haproxy');
  const folder = watchedFolder('haproxy');
  const at = (name: string) => join(folder, name);
  const upstream = await startUpstream();
  const [json, plain] = [await freePort(), await freePort()];
  writeFileSync(at('haproxy.cfg'), configuration(json, plain, upstream.port));
  // It writes its log to a descriptor that it is given.
  const args = ['-c', `exec "$0" -db -f "$1" 3>>"$2"`, binary, at('haproxy.cfg'), at('log')];
  const program = { name: 'HAProxy', binary: '/bin/sh', args, folder };
  const server = await startServerProcess(program, () => answers(`http://127.0.0.1:${json}/public/ready`));
  try {
    await callGateway(json);
    await callGateway(plain);
    const all = readFileSync(at('log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const isJson = (line: string) => line.startsWith('{');
    return {
      'haproxy-access.jsonl': `${all.filter(isJson).join('\n')}\n`,
      'haproxy-http.log': `${all.filter((line) => !isJson(line)).join('\n')}\n`,
    };
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

const JSON_LOG =
  '{"time":"%[date,ltime(%Y-%m-%dT%H:%M:%S%z)]","ts_ms":%Ts%ms,"client":"%ci","method":"%[capture.req.method,json(utf8s)]","uri":"%[capture.req.uri,json(utf8s)]","status":%ST,"bytes":%B,"state":"%tsc","backend":"%b","consumer":"%[var(txn.consumer),json(utf8s)]","auth":"%[var(txn.auth),json(utf8s)]","ua":"%[capture.req.hdr(0),json(utf8s)]","id":"%[unique-id]"}';

const frontend = (name: string, port: number, log: string): string => `
frontend ${name}
  bind 127.0.0.1:${port}
  ${log}
  unique-id-format %{+X}o%ci:%cp_%Ts_%rt:%pid
  capture request header User-Agent len 128
  acl p_key path_beg /api/
  acl p_basic path_beg /basic/
  acl keyok req.hdr(X-Api-Key) -m str key-billing-1
  acl basicok http_auth(agents)
  http-request set-var(txn.consumer) str(agent-billing) if p_key keyok
  http-request set-var(txn.auth) str(key) if p_key keyok
  http-request return status 401 if p_key !keyok
  http-request deny deny_status 403 if p_key { path /api/admin }
  http-request set-var(txn.consumer) http_auth_user if p_basic basicok
  http-request set-var(txn.auth) str(basic) if p_basic basicok
  http-request auth realm agents if p_basic !basicok
  http-request deny deny_status 403 if p_basic { http_auth_user agent-tools }
  default_backend up
`;

const configuration = (json: number, plain: number, upstream: number): string => `
global
  log fd@3 format raw local0 info
  maxconn 200
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 10s
  timeout server 10s
userlist agents
  user agent-billing insecure-password pw-billing
  user agent-tools insecure-password pw-tools
${frontend('gw', json, `log-format '${JSON_LOG}'`)}
${frontend('plain', plain, 'option httplog')}
backend up
  server a 127.0.0.1:${upstream}
`;
