import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placed, snippets } from '../revokers/docs-snippet.ts';
import { freePort } from '../servers/free-port.ts';
import { startNginx } from '../servers/nginx.ts';
import { startUpstream } from '../servers/upstream.ts';

/** Servers of one nginx, each with a log of its own name. */
export interface AttackedNginx<Name extends string> {
  readonly folder: string;
  readonly ports: Readonly<Record<Name, number>>;
  /** The file of a server's log. */
  logOf(name: Name): string;
  stop(): Promise<void>;
}

/** One server of nginx, whose paths lead to an upstream that answers 200 unless it says otherwise. */
export interface AttackedServer {
  /** What stands in `http` for it, such as its log's format. */
  readonly http?: string;
  /** The name of its log's format. */
  readonly format: string;
  readonly listen?: string;
  /** What stands in its `server` block. */
  readonly server?: string;
  /** What its log has from the weeks before. */
  readonly history: string;
}

/** What the docs have users paste for a log of JSON, with the keys of a test: its format is called `wayward`. */
const documentedLog = (folder: string): string =>
  placed(snippets('sources.md', '## nginx', 'nginx')[0] ?? '', {
    'include keys.map': `include ${folder}/keys.map`,
    'access_log /var/log/nginx/access.json wayward;': '',
  });

/** `files` are made in its folder before it starts, which `FOLDER` in a configuration stands for. */
export async function startAttackedNginx<Name extends string>(
  servers: Readonly<Record<Name, AttackedServer>>,
  files: Readonly<Record<string, string>>,
  prepare: (folder: string) => void = () => undefined,
): Promise<AttackedNginx<Name>> {
  const upstream = await startUpstream();
  const named = Object.entries(servers) as [Name, AttackedServer][];
  const ports = {} as Record<Name, number>;
  for (const [name] of named) ports[name] = await freePort();
  const nginx = await startNginx(async (folder) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    prepare(folder);
    const blocks = named.map(([name, { http = '', format, listen = '', server = '', history }]) => {
      writeFileSync(join(folder, `${name}.log`), history);
      const proxied = server.includes('location / ') ? '' : 'location / { proxy_pass http://upstream; }';
      return `${http}
        server { listen 127.0.0.1:${ports[name]} ${listen}; access_log ${folder}/${name}.log ${format}; ${server} ${proxied} }`;
    });
    const before = `upstream upstream { server 127.0.0.1:${upstream.port}; } ${documentedLog(folder)}`;
    return { main: '', http: `${before} ${blocks.join('\n')}`.replaceAll('FOLDER', folder) };
  });
  return {
    folder: nginx.folder,
    ports,
    logOf: (name) => join(nginx.folder, `${name}.log`),
    async stop() {
      await nginx.stop();
      await upstream.stop();
    },
  };
}
