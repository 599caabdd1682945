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
    const plan = { name: 'gateway', port, log: 'access.json', ids };
    return { listeners: [listenerOf(folder, plan)], clusters: [clusterOf(upstream.port)] };
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

/** Where a gateway of the docs listens and writes, and what a test changes of it. */
export interface ListenerPlan {
  readonly name: string;
  readonly port: number;
  /** Its file in the folder. */
  readonly log: string;
  readonly ids: readonly string[];
  /** Of the documented log, by what stands there. */
  readonly logChanges?: Readonly<Record<string, string>>;
  /** More of the connection manager. */
  readonly manager?: object;
  /** Before the one that leads everything to the upstream. */
  readonly routes?: readonly object[];
}

/** What the docs have users paste into the connection manager. */
function pasted(folder: string, { ids, log, logChanges = {} }: ListenerPlan): object {
  const filters = placed(snippets('issuers.md', '### Envoy', 'yaml')[0] ?? '', {
    '/etc/envoy/': `${folder}/`,
    '[{ key: the-key, client: cred-billing-gateway }]': JSON.stringify(
      ids.map((id) => ({ key: keyOf(id), client: id })),
    ),
  });
  const logging = placed(snippets('sources.md', '## Envoy', 'yaml')[0] ?? '', {
    '/var/log/envoy/access.json': `${folder}/${log}`,
    ...logChanges,
  });
  return { ...parse(filters), ...parse(logging) };
}

export const typeOf = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const at = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** With the filters and the log of the docs, before a cluster that is called upstream. */
export const listenerOf = (folder: string, plan: ListenerPlan): object => ({
  name: plan.name,
  address: at(plan.port),
  filter_chains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            '@type': typeOf('filters.network.http_connection_manager.v3.HttpConnectionManager'),
            stat_prefix: plan.name,
            ...pasted(folder, plan),
            ...plan.manager,
            route_config: {
              virtual_hosts: [
                {
                  name: 'all',
                  domains: ['*'],
                  routes: [...(plan.routes ?? []), { match: { prefix: '/' }, route: { cluster: 'upstream' } }],
                },
              ],
            },
          },
        },
      ],
    },
  ],
});

export const clusterOf = (port: number, name = 'upstream'): object => ({
  name,
  type: 'STATIC',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port) } }] }],
  },
});
