import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { envoy } from '../../src/revokers/envoy.ts';
import { type EnvoyServer, startEnvoy } from '../servers/envoy.ts';
import { freePort } from '../servers/free-port.ts';
import { orStop } from '../servers/start-together.ts';
import { startUpstream, type Upstream } from '../servers/upstream.ts';
import { placed, snippets } from './docs-snippet.ts';

/** A gateway with the filters and the file of the docs, before an upstream. */
export interface EnvoyGateway extends EnvoyServer {
  readonly url: string;
  readonly deniedFile: string;
  readonly accessLog: string;
  readonly upstream: Upstream;
}

export const keyOf = (id: string): string => `key-canary-of-${id}`;

/** The file to begin with. */
export const beginning = (): string => snippets('issuers.md', '### Envoy', 'json')[0] ?? '';

/** `formats:` of wayward.yaml for its log. */
export const envoyFormat = (): unknown => parse(snippets('sources.md', '## Envoy', 'yaml')[1] ?? '').formats[0];

/** With a key for each of these ids. */
export async function startEnvoyGateway(
  ids: readonly string[] = ['cred-a', 'cred-b', 'cred-c'],
): Promise<EnvoyGateway> {
  const [port, upstream] = [await freePort(), await startUpstream()];
  const resourcesIn = async (folder: string) => {
    writeFileSync(join(folder, 'wayward-denied.json'), beginning());
    return { listeners: [listener(folder, port, ids)], clusters: [cluster(upstream.port)] };
  };
  const server = await orStop(upstream, () => startEnvoy(resourcesIn));
  return {
    ...server,
    url: `http://127.0.0.1:${port}/`,
    deniedFile: join(server.folder, 'wayward-denied.json'),
    accessLog: join(server.folder, 'access.json'),
    upstream,
    async stop() {
      await server.stop();
      await upstream.stop();
    },
  };
}

/** `revokers.envoy` for it. */
export const envoySettings = (gateway: EnvoyGateway, changed: object = {}) =>
  envoy.settingsSchema.parse({ denied: gateway.deniedFile, admin: gateway.admin, ...changed });

/** What the docs have users paste into the connection manager. */
function pasted(folder: string, ids: readonly string[]): object {
  const filters = placed(snippets('issuers.md', '### Envoy', 'yaml')[0] ?? '', {
    '/etc/envoy/': `${folder}/`,
    '[{ key: the-key, client: cred-billing-gateway }]': JSON.stringify(
      ids.map((id) => ({ key: keyOf(id), client: id })),
    ),
  });
  const log = placed(snippets('sources.md', '## Envoy', 'yaml')[0] ?? '', { '/var/log/envoy/': `${folder}/` });
  return { ...parse(filters), ...parse(log) };
}

const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;
const at = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

const listener = (folder: string, port: number, ids: readonly string[]) => ({
  name: 'gateway',
  address: at(port),
  filter_chains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
            stat_prefix: 'gateway',
            ...pasted(folder, ids),
            route_config: {
              virtual_hosts: [
                { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream' } }] },
              ],
            },
          },
        },
      ],
    },
  ],
});

const cluster = (port: number) => ({
  name: 'upstream',
  type: 'STATIC',
  load_assignment: {
    cluster_name: 'upstream',
    endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port) } }] }],
  },
});
