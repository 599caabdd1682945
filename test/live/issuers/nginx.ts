import { statusOf } from '../../revokers/live-use.ts';
import { keyOf, nginxSettings, startNginxGateway } from '../../revokers/nginx-gateway.ts';
import { entryOf, type Holder, refusalOf, type StartIssuer } from './issuer.ts';

/** A key of the gateway, which logs and refuses by the id that it gives to the key. */
export const startNginxIssuer: StartIssuer = async (names) => {
  const gateway = await startNginxGateway(names);
  const holderOf = (agent: string): Holder => ({
    entry: entryOf(agent, {
      ...{ slot: 'gateway', kind: 'api-key', match: { credential_id: agent } },
      scopes: ['GET /v1/invoices/*'],
      revoke: { with: 'nginx', credential_id: agent },
    }),
    use: async () => refusalOf(await statusOf(`${gateway.url}v1/invoices/8812`, keyOf(agent)), 401),
    async offend() {
      refusalOf(await statusOf(`${gateway.url}export`, keyOf(agent)));
    },
    close: async () => {},
  });
  return {
    settings: {
      sources: [{ file: gateway.log, identity: 'from-key-map' }],
      revokers: { nginx: nginxSettings(gateway) },
    },
    secrets: {},
    holders: names.map(holderOf),
    async revocations() {
      const said = await Promise.all(names.map(async (id) => (await fetch(`${gateway.probe}${id}`)).text()));
      return said.filter((denied) => denied === '1').length;
    },
    stop: gateway.stop,
  };
};
