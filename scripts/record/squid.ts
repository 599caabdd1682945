import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { findProgram } from '../../test/servers/find-program.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { startServerProcess } from '../../test/servers/server-process.ts';
import { startUpstream } from '../../test/servers/upstream.ts';
import { watchedFolder } from '../../test/servers/watched.ts';

/** Debian's user of that name, as whom Squid goes on where it was started as root. */
const NOBODY = 65_534;

/** Name and password that are sent, method, and what is asked for. */
const CALLS: readonly (readonly [credential: string, method: string, path: string])[] = [
  ['agent-billing:pw-billing', 'GET', '/v1/orders/8812?page=2'],
  ['agent-billing:wrong', 'GET', '/v1/orders'],
  ['agent-ghost:x', 'GET', '/v1/orders'],
  ['', 'GET', '/v1/orders'],
  ['agent-billing:pw-billing', 'GET', '/forbidden'],
  ['agent-billing:wrong', 'GET', '/forbidden'],
  ['agent-billing:pw-billing', 'POST', '/v1/orders'],
  ['x agent-billing y:x', 'GET', '/v1/orders'],
  ['agent-billing:pw-billing', 'CONNECT', ''],
  ['agent-billing:wrong', 'CONNECT', ''],
];

/** Squid as the proxy through which agents leave, which asks for a name and a password; and refuses some paths before it asks. */
export async function recordSquid(): Promise<Record<string, string>> {
  const binary = findProgram('squid', 'squid');
  const folder = watchedFolder('squid');
  chmodSync(folder, 0o755);
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  const at = (name: string) => join(folder, name);
  const [port, upstream] = [await freePort(), await startUpstream()];
  const digest = createHash('md5').update('pw-billing').digest('hex');
  writeFileSync(at('passwords'), `agent-billing:${digest}\n`);
  // Without pages of its own it has what it brings along.
  mkdirSync(at('errors'));
  writeFileSync(at('mime'), '');
  writeFileSync(at('squid.conf'), configuration(folder, join(binary, '../..'), port));
  const call = (credential: string, method: string, path: string) =>
    new Promise<void>((resolve, reject) => {
      const target = `127.0.0.1:${upstream.port}`;
      const authorization = `Basic ${Buffer.from(credential).toString('base64')}`;
      request({
        ...{ host: '127.0.0.1', port, method, path: method === 'CONNECT' ? target : `http://${target}${path}` },
        headers: { ...(credential !== '' && { 'proxy-authorization': authorization }), 'user-agent': 'agent/1' },
        agent: false,
      })
        .once('connect', (_response, socket) => resolve(void socket.destroy()))
        .once('response', (response) => response.resume().once('end', resolve))
        .once('error', reject)
        .end();
    });
  const program = { name: 'Squid', binary, args: ['-N', '-f', at('squid.conf')], folder };
  const server = await startServerProcess(program, () => call('agent-billing:pw-billing', 'GET', '/ready'));
  try {
    for (const one of CALLS) await call(...one);
    return { 'squid-access.log': readFileSync(at('access.log'), 'utf8') };
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

const configuration = (folder: string, prefix: string, port: number): string => `
http_port 127.0.0.1:${port}
pid_filename none
cache_effective_user nobody
cache_effective_group nogroup
mime_table ${folder}/mime
unlinkd_program ${prefix}/lib/squid/unlinkd
logfile_daemon ${prefix}/lib/squid/log_file_daemon
icon_directory ${prefix}/share/squid/icons
error_directory ${folder}/errors
pinger_enable off
coredump_dir ${folder}
cache_log ${folder}/cache.log
logfile_rotate 0
access_log stdio:${folder}/access.log squid
buffered_logs off
auth_param basic program ${prefix}/lib/squid/basic_ncsa_auth ${folder}/passwords
acl agents proxy_auth REQUIRED
acl forbidden urlpath_regex ^/forbidden
acl CONNECT method CONNECT
http_access deny forbidden
http_access allow agents
http_access deny all
cache deny all
visible_hostname proxy
shutdown_lifetime 1 seconds
`;
