import type { Revoker } from '../response/action.ts';
import { mariadb } from './mariadb.ts';
import { oauth } from './oauth.ts';
import { postgres } from './postgres.ts';
import { vault } from './vault.ts';
import { webhook } from './webhook.ts';

/** Every revoker there is, by its `with:`. A new one is its file and one line here. */
export const REVOKERS: readonly Revoker[] = [postgres, mariadb, vault, oauth, webhook];
