import { isClaim } from '../attribution/attribute.ts';
import { SOURCE } from '../attribution/attributed.ts';
import type { Registry } from '../attribution/registry.ts';
import { routeOf, routeOfPrincipal } from '../attribution/route.ts';
import { claimRoute } from '../detectors/source-watch.ts';
import type { CredentialUse } from '../event.ts';

/** Which events must be looked at together with this one: of its peer group, or of its source where it proves nothing. Undefined where it counts for nothing. */
export const routeOfEvent = (use: CredentialUse, registry: Registry): string | undefined =>
  routeOf(use, registry) ?? (use.reading === undefined && isClaim(use) ? claimRoute(use) : undefined);

/** Where alerts about it are made; undefined where that depends on what it was found by. */
export const routeOfAlert = (principal: string, peerGroup: string | undefined): string | undefined =>
  principal.startsWith(`${SOURCE}/`) ? undefined : (peerGroup ?? routeOfPrincipal(principal));
