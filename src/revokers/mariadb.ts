import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Verification } from '../response/action.ts';
import {
  accountName,
  accountsOf,
  endSessions,
  knownAccountsOf,
  noUser,
  quoted,
  refuseOurs,
  sessionsOf,
  userSchema,
} from './mariadb-accounts.ts';
import { type MariaDb, mariaDbSettings, withMariaDb } from './mariadb-client.ts';
import { defineRevoker } from './revoker.ts';

/** A session that is told to end needs a moment, more under load. */
const SESSIONS_END_WITHIN_MS = 3_000;

/**
 * Locks a user's accounts and ends its sessions, once more after the lock, since it may have come back in between. It holds for
 * the user name at every host: logs name users without the host of their account, and one left open is a way back.
 * https://mariadb.com/kb/en/account-locking/, https://dev.mysql.com/doc/refman/8.4/en/account-locking.html
 */
export const mariadb = defineRevoker({
  id: 'mariadb',
  title: 'MariaDB or MySQL user',
  reversible: true,
  undo: 'ALTER USER … ACCOUNT UNLOCK',
  cannotStop:
    'events, routines and views that others run with its rights (DEFINER), and other users with the same grants',
  needs:
    'a user with CREATE USER, CONNECTION ADMIN and PROCESS, and SELECT on the columns that say which accounts are locked',
  testedAgainst: 'MariaDB 10.11; its MySQL side: no server',
  settingsSchema: mariaDbSettings,
  specSchema: z.strictObject({
    with: z.literal('mariadb'),
    user: userSchema,
  }),
  describe: ({ user }) => `lock MariaDB user ${quoted(user)} at every host and end its sessions`,
  prepare: ({ url }, { user }) => ({
    revoke: () => withMariaDb(url, (server) => lockOut(server, user)),
    verify: () => withMariaDb(url, (server) => readBack(server, user)),
    restore: () => withMariaDb(url, async (server) => alter(server, user, 'UNLOCK')),
  }),
});

async function lockOut(server: MariaDb, user: string): Promise<void> {
  await refuseOurs(server, user);
  await endSessions(server, user); // one that holds a lock on the whole server would keep ours waiting
  await alter(server, user, 'LOCK');
  await endSessions(server, user);
}

async function alter(server: MariaDb, user: string, to: 'LOCK' | 'UNLOCK'): Promise<void> {
  const names = (await knownAccountsOf(server, user)).map(({ host }) => accountName(user, host));
  await server.run(`ALTER USER ${names.join(', ')} ACCOUNT ${to}`);
}

async function readBack(server: MariaDb, user: string): Promise<Verification> {
  const deadline = Date.now() + SESSIONS_END_WITHIN_MS;
  for (;;) {
    const accounts = await accountsOf(server, user);
    if (accounts.length === 0) return { dead: false, proof: noUser(user) };
    const open = accounts.filter(({ locked }) => !locked).map(({ host }) => host);
    const sessions = (await sessionsOf(server, user)).length;
    const dead = open.length === 0 && sessions === 0;
    if (!dead && open.length === 0 && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    const locks = open.length === 0 ? 'is locked' : `may log in as its accounts at ${open.map(quoted).join(', ')}`;
    const proof = `user ${quoted(user)} ${locks}, sessions left: ${sessions}`;
    return { dead, alive: open.length === accounts.length, proof };
  }
}
