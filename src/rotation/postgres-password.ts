import pg from 'pg';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Notes } from '../response/action.ts';
import { loginRefused, withPostgres } from '../revokers/postgres-client.ts';
import { endPostgresSessions } from '../revokers/postgres-sessions.ts';
import { newPassword, scramVerifier } from '../scram.ts';
import { defineRotator } from './rotator.ts';
import type { WritableSecret } from './secret-writer.ts';
import { placeSchema } from './secret-writers/registry.ts';

const accountSchema = z.object({ url: secretSchema });

/**
 * Gives a PostgreSQL role a new password and puts it into a secret manager. The password goes there, beside the current one, before
 * it goes anywhere else, and becomes the current one once a login has proven it: at each moment one of the two logs in. The
 * server gets a verifier only, so that no log of it shows the password.
 * https://www.postgresql.org/docs/current/sql-alterrole.html
 */
export const postgresPassword = defineRotator({
  id: 'postgres-password',
  title: 'Password of a PostgreSQL role, kept in a secret manager',
  proof: 'a login with the new password, and none with the old one',
  meanwhile:
    'open sessions go on; for the moment between the change and the proof (milliseconds, or until Wayward is back after a crash) new logins need the pending password',
  needs:
    'for `revokers.postgres` a role with CREATEROLE (from PostgreSQL 16 also ADMIN OPTION on the role), and what the secret manager asks for (below)',
  testedAgainst: 'PostgreSQL 15, with each secret manager as it is tested (below)',
  specSchema: z.strictObject({
    with: z.literal('postgres-password'),
    role: z.string().min(1).max(63),
    /** Where agents find the password. */
    secret: placeSchema,
  }),
  describe: ({ role, secret }) =>
    `give PostgreSQL role ${pg.escapeIdentifier(role)} a new password, kept in ${secret.reference}`,
  accounts: ({ secret }) => ['postgres', secret.account],
  prepare(settings, { role, secret }) {
    const { url } = accountSchema.parse(settings.postgres);
    return {
      rotate: (notes) => rotate({ url, role, secret: secret.open(settings) }, notes),
      endSessions: (notes) => endPostgresSessions(url, role, notes),
    };
  },
});

interface Target {
  readonly url: Secret;
  readonly role: string;
  readonly secret: WritableSecret;
}

async function rotate({ url, role, secret }: Target, notes: Notes): Promise<string> {
  if (notes.get('proven') === undefined) {
    const { current, next } = await staged({ url, role, secret }, notes);
    await setPassword(url, role, next);
    const refused = await loginRefused(url, role, next);
    if (refused !== undefined)
      await goBack({ url, role, secret }, current, `the server refused the new password (${refused})`);
    if (current !== next && (await loginRefused(url, role, current)) === undefined)
      await goBack({ url, role, secret }, current, 'the server takes the old password, too, so that it asks for none');
    await notes.keep('proven', 'yes');
  }
  await secret.promote();
  const { current, pending } = await secret.read();
  const refused = current === undefined ? 'it is gone' : await loginRefused(url, role, current);
  if (refused !== undefined || pending !== undefined)
    throw new CallError(
      `somebody else changed the secret in between (${refused ?? 'another value is pending'})`,
      false,
    );
  return `role ${pg.escapeIdentifier(role)} logs in with the new password, which is the current value of the secret`;
}

/** The current password, and the next one, which waits in the secret manager by now. Nothing at the server has changed yet, at first. */
async function staged({ url, role, secret }: Target, notes: Notes): Promise<{ current: string; next: string }> {
  const { current, pending } = await secret.read();
  if (current === undefined)
    throw new CallError('the secret has no current value: write the password there first', false);
  if (notes.get('staged') === undefined) {
    // A pending value may be there of a rotation that nobody finished: then it may be the one that logs in.
    const refused = await loginRefused(url, role, current);
    if (refused !== undefined && (pending === undefined || (await loginRefused(url, role, pending)) !== undefined))
      throw new CallError(`the password in the secret does not log in (${refused}): there would be no way back`, false);
    if (pending === undefined) await secret.stage(newPassword());
    await notes.keep('staged', 'yes');
  }
  const next = (await secret.read()).pending;
  if (next === undefined) throw new CallError('somebody removed the pending value of the secret', false);
  return { current, next };
}

async function goBack({ url, role, secret }: Target, current: string, because: string): Promise<never> {
  await setPassword(url, role, current);
  const still = await loginRefused(url, role, current);
  await secret.discard();
  const end =
    still === undefined ? 'the old one works again' : `the old one was put back, but is refused, too (${still})`;
  throw new CallError(`${because}; ${end}`, false);
}

const setPassword = (url: Secret, role: string, password: string): Promise<void> =>
  withPostgres(url, async (client) => {
    const { rows } = await client.query('SELECT rolname = current_user AS ours FROM pg_roles WHERE rolname = $1', [
      role,
    ]);
    if (rows[0] === undefined)
      throw new CallError(`no role ${pg.escapeIdentifier(role)} on this server: check the registry`, false);
    if (rows[0].ours) throw new CallError('this is the role that Wayward itself connects as', false);
    const verifier = pg.escapeLiteral(scramVerifier(password));
    await client.query(`ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${verifier}`);
  });
