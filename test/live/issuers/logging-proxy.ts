import { join } from 'node:path';
import { placed, snippets } from '../../revokers/docs-snippet.ts';
import { freePort } from '../../servers/free-port.ts';
import { startNginx } from '../../servers/nginx.ts';

export interface LoggingProxy {
  readonly url: string;
  readonly log: string;
  stop(): Promise<void>;
}

/** How nginx logs: what stands in `http`, with its log at `/var/log/nginx/access.json`. */
type Log = string;

/** The log of docs/sources.md, with this variable of nginx as the consumer. */
export function logOf(variable: string): Log {
  const [log = ''] = snippets('sources.md', '## nginx', 'nginx');
  return placed(log, {
    'map $http_x_api_key $consumer { default ""; include keys.map; }': `map ${variable} $consumer { default ${variable}; }`,
  });
}

/** A real nginx before a server on a loopback port: hands everything on, and logs it. */
export async function startLoggingProxy(upstream: number, log: Log): Promise<LoggingProxy> {
  const port = await freePort();
  const hands = `proxy_pass http://127.0.0.1:${upstream}; proxy_set_header Host $http_host;`;
  const server = await startNginx(async (folder) => ({
    main: '',
    http: `${placed(log, { '/var/log/nginx/': `${folder}/` })}
      server { listen 127.0.0.1:${port}; location / { ${hands} } }`,
  }));
  return { url: `http://127.0.0.1:${port}/`, log: join(server.folder, 'access.json'), stop: server.stop };
}
