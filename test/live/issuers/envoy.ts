import { filterOf } from '../../../src/revokers/envoy-admin.ts';
import { envoyFormat, envoySettings, keyOf, startEnvoyGateway } from '../../revokers/envoy-gateway.ts';
import { statusOf } from '../../revokers/live-use.ts';
import { entryOf, type Holder, refusalOf, type StartIssuer } from './issuer.ts';

/** A key of the gateway, which logs and refuses by the id that it gives to the key. */
export const startEnvoyIssuer: StartIssuer = async (names) => {
  const gateway = await startEnvoyGateway(names);
  const holderOf = (agent: string): Holder => ({
    entry: entryOf(agent, {
      ...{ slot: 'gateway', kind: 'api-key', match: { credential_id: agent } },
      scopes: ['GET /v1/invoices/*'],
      revoke: { with: 'envoy', credential_id: agent },
    }),
    use: async () => refusalOf(await statusOf(`${gateway.url}v1/invoices/8812`, keyOf(agent)), 403),
    async offend() {
      refusalOf(await statusOf(`${gateway.url}export`, keyOf(agent)));
    },
    close: async () => {},
  });
  return {
    settings: {
      sources: [{ file: gateway.accessLog }],
      formats: [envoyFormat()],
      revokers: { envoy: envoySettings(gateway) },
    },
    secrets: {},
    holders: names.map(holderOf),
    revocations: async () => (await filterOf(gateway.admin)).ids.length,
    stop: gateway.stop,
  };
};
