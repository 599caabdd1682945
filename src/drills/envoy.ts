import { z } from 'zod';
import { type EnvoyGateway, envoy as revoker } from '../revokers/envoy.ts';
import { readDenied } from '../revokers/envoy-denied.ts';
import { readText } from '../revokers/held-file.ts';
import { defineDrill } from './drill-kind.ts';
import { gatewayFields, gatewayIssuer } from './gateway.ts';

/** A key for drills at Envoy: denied in Wayward's filter, used, allowed again. */
export const envoy = defineDrill({
  id: 'envoy',
  title: 'a key at Envoy that is there for drills, denied and allowed again',
  proof: 'Envoy answers it with 401 or 403',
  needs: 'a key of its own at the gateway, which opens `url`',
  settings: z.custom<EnvoyGateway>(), // checked already
  fields: gatewayFields,
  issuer: (gateway, entry) =>
    gatewayIssuer(
      {
        with: 'envoy',
        revocation: revoker.prepare(gateway, { with: 'envoy', credential_id: entry.credential_id }),
        isDenied: async () => {
          const { denied, header } = gateway;
          return readDenied(await readText(denied), header, denied).ids.includes(entry.credential_id);
        },
      },
      entry,
    ),
});
