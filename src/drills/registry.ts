import type { DrillKind } from './drill-kind.ts';
import { mariadb } from './mariadb.ts';
import { oauth } from './oauth.ts';
import { postgres } from './postgres.ts';
import { vault } from './vault.ts';

/** Every kind of drill, by the revoker that it exercises. A new one is its file and one line here. */
export const DRILL_KINDS: readonly DrillKind[] = [postgres, mariadb, vault, oauth];
