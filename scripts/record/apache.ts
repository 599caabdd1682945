import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../test/servers/find-program.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { answers, startServerProcess } from '../../test/servers/server-process.ts';
import { startUpstream } from '../../test/servers/upstream.ts';
import { watchedFolder } from '../../test/servers/watched.ts';
import { callGateway } from './calls.ts';

const MODULES = [
  ...['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic', 'proxy', 'proxy_http'],
  ...['rewrite', 'setenvif', 'env', 'unique_id'],
];
const hash = (password: string): string => `{SHA}${createHash('sha1').update(password).digest('base64')}`;

/** Apache with a key path, where SetEnvIf knows the key, and a path with passwords: its log in JSON and its combined log. */
export async function recordApache(): Promise<Record<string, string>> {
  const binary = findProgram('apache2', 'apache2-bin');
  const folder = watchedFolder('apache');
  chmodSync(folder, 0o755); // the workers are somebody else
  const at = (name: string) => join(folder, name);
  const [port, upstream] = [await freePort(), await startUpstream()];
  writeFileSync(at('htpasswd'), `agent-billing:${hash('pw-billing')}\nagent-tools:${hash('pw-tools')}\n`);
  const modules = join(binary, '../../lib/apache2/modules');
  writeFileSync(at('apache.conf'), configuration(folder, modules, port, upstream.port));
  const program = { name: 'Apache', binary, args: ['-X', '-f', at('apache.conf')], folder };
  const server = await startServerProcess(program, () => answers(`http://127.0.0.1:${port}/public/ready`));
  try {
    await callGateway(port);
    const read = (name: string) => readFileSync(at(name), 'utf8');
    return { 'apache-access.jsonl': read('access.jsonl'), 'apache-access.combined.log': read('combined.log') };
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

/** As `switchOn` of the format has it, with Apache's way to write a quote. */
const JSON_LOG = JSON.stringify(
  '{"time":"%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t","client":"%a","user":"%u","consumer":"%{CONSUMER}e","request":"%r","status":%>s,"first_status":"%s","bytes":%B,"user_agent":"%{User-Agent}i","id":"%{UNIQUE_ID}e"}',
);

const configuration = (folder: string, modules: string, port: number, upstream: number): string => `
ServerRoot ${folder}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
Listen 127.0.0.1:${port}
ServerName localhost
User nobody
Group nogroup
ErrorLog ${folder}/error.log
${MODULES.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LogFormat ${JSON_LOG} json
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog ${folder}/access.jsonl json
CustomLog ${folder}/combined.log combined
ProxyPass "/" "http://127.0.0.1:${upstream}/"
SetEnvIf X-Api-Key "^key-billing-1$" KEYOK=1
<Location "/api/">
  SetEnvIf X-Api-Key "^key-billing-1$" CONSUMER=agent-billing
  RewriteEngine On
  RewriteCond %{ENV:KEYOK} !=1
  RewriteRule .* - [R=401,L]
</Location>
<Location "/api/admin">
  Require all denied
</Location>
<Location "/basic/">
  AuthType Basic
  AuthName agents
  AuthUserFile ${folder}/htpasswd
  Require user agent-billing
</Location>
`;
