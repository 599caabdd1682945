import { z } from 'zod';
import { readText } from '../revokers/held-file.ts';
import { type NginxGateway, nginx as revoker } from '../revokers/nginx.ts';
import { denies } from '../revokers/nginx-denied.ts';
import { defineDrill } from './drill-kind.ts';
import { gatewayFields, gatewayIssuer } from './gateway.ts';

/** A key for drills at nginx: denied in its map, used, allowed again. Two reloads. */
export const nginx = defineDrill({
  id: 'nginx',
  title: 'a key at nginx that is there for drills, denied and allowed again',
  proof: 'nginx answers it with 401 or 403',
  needs: 'a key of its own at the gateway, which opens `url`',
  settings: z.custom<NginxGateway>(), // checked already; which reloads were made is known by this very object
  fields: gatewayFields,
  issuer: (gateway, entry) =>
    gatewayIssuer(
      {
        with: 'nginx',
        revocation: revoker.prepare(gateway, { with: 'nginx', credential_id: entry.credential_id }),
        isDenied: async () => denies(await readText(gateway.denied), entry.credential_id),
      },
      entry,
    ),
});
