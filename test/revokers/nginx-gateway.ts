import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginx } from '../../src/revokers/nginx.ts';
import { freePort } from '../servers/free-port.ts';
import { type NginxServer, startNginx } from '../servers/nginx.ts';
import { orStop } from '../servers/start-together.ts';
import { startUpstream, type Upstream } from '../servers/upstream.ts';
import { placed, snippets } from './docs-snippet.ts';

/** A gateway made of the snippets in the docs, before an upstream. */
export interface NginxGateway extends NginxServer {
  readonly url: string;
  readonly probe: string;
  readonly deniedFile: string;
  readonly keysFile: string;
  /** In the form of docs/sources.md. */
  readonly log: string;
  readonly upstream: Upstream;
}

export const keyOf = (id: string): string => `key-canary-of-${id}`;

/** With a key for each of these ids. */
export async function startNginxGateway(
  ids: readonly string[] = ['cred-a', 'cred-b', 'cred-c', 'cred-d'],
): Promise<NginxGateway> {
  const [port, probePort, upstream] = [await freePort(), await freePort(), await startUpstream()];
  const [main = '', maps = '', checks = '', ...more] = snippets('issuers.md', '### nginx', 'nginx');
  const [log = '', ...moreLog] = snippets('sources.md', '## nginx', 'nginx');
  if (more.length + moreLog.length > 0)
    throw new Error('the docs have more nginx snippets than this gateway is made of');

  const configIn = async (folder: string) => {
    const keys = ids.map((id) => `"${keyOf(id)}" "${id}";\n`);
    writeFileSync(join(folder, 'keys.map'), keys.join(''));
    writeFileSync(join(folder, 'wayward-denied.map'), '');
    const http = [
      placed(log, { 'include keys.map': `include ${folder}/keys.map`, '/var/log/nginx/': `${folder}/` }),
      placed(maps, { '/etc/nginx/': `${folder}/`, '127.0.0.1:8089': `127.0.0.1:${probePort}` }),
      `server { listen 127.0.0.1:${port}; ${checks} location / { proxy_pass http://127.0.0.1:${upstream.port}; } }`,
    ];
    return { main: placed(main, { '10s': '2s' }), http: http.join('\n') };
  };
  const server = await orStop(upstream, () => startNginx(configIn));
  return {
    ...server,
    url: `http://127.0.0.1:${port}/`,
    probe: `http://127.0.0.1:${probePort}/wayward/denied/`,
    deniedFile: join(server.folder, 'wayward-denied.map'),
    keysFile: join(server.folder, 'keys.map'),
    log: join(server.folder, 'access.json'),
    upstream,
    async stop() {
      await server.stop();
      await upstream.stop();
    },
  };
}

/** `revokers.nginx` for it. */
export const nginxSettings = (gateway: NginxGateway, changed: object = {}) =>
  nginx.settingsSchema.parse({
    denied: gateway.deniedFile,
    pid: gateway.pidFile,
    test: [gateway.binary, '-t', '-q', '-c', gateway.configFile],
    probe: gateway.probe,
    ...changed,
  });
