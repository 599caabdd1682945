import { CallError } from '../errors.ts';
import type { Notes } from '../response/action.ts';
import { newPassword } from '../scram.ts';
import type { WritableSecret } from './secret-writer.ts';

/** Whose password at a server is changed. */
export interface PasswordHolder {
  /** As messages call it. */
  readonly name: string;
  /** Why the server refuses a login with this password; undefined where it lets it in. @throws CallError for anything else */
  refused(password: string): Promise<string | undefined>;
  /** Gives it this password in place of the other one. May be repeated. @throws CallError */
  setPassword(password: string, instead: string): Promise<void>;
}

/**
 * Gives an account a new password that is kept in a secret manager. The password goes there, beside the current one, before it goes
 * anywhere else, and becomes the current one once a login has proven it: at each moment one of the two logs in. Begun again at any point
 * it goes on. Returns the proof.
 */
export async function rotatePassword(holder: PasswordHolder, secret: WritableSecret, notes: Notes): Promise<string> {
  if (notes.get('proven') === undefined) {
    const { current, next } = await staged(holder, secret, notes);
    await holder.setPassword(next, current);
    const refused = await holder.refused(next);
    if (refused !== undefined)
      await goBack(holder, secret, { current, next, because: `the server refused the new password (${refused})` });
    if (current !== next && (await holder.refused(current)) === undefined)
      await goBack(holder, secret, { current, next, because: ASKS_FOR_NONE });
    await notes.keep('proven', 'yes');
  }
  await secret.promote();
  const { current, pending } = await secret.read();
  const refused = current === undefined ? 'it is gone' : await holder.refused(current);
  if (refused !== undefined || pending !== undefined)
    throw new CallError(
      `somebody else changed the secret in between (${refused ?? 'another value is pending'})`,
      false,
    );
  return `${holder.name} logs in with the new password, which is the current value of the secret`;
}

/** The current password, and the next one, which waits in the secret manager by now. Nothing at the server has changed yet, at first. */
async function staged(
  holder: PasswordHolder,
  secret: WritableSecret,
  notes: Notes,
): Promise<{ current: string; next: string }> {
  const { current, pending } = await secret.read();
  if (current === undefined)
    throw new CallError('the secret has no current value: write the password there first', false);
  if (notes.get('staged') === undefined) {
    // A pending value may be there of a rotation that nobody finished: then it may be the one that logs in.
    const refused = await holder.refused(current);
    if (refused !== undefined && (pending === undefined || (await holder.refused(pending)) !== undefined))
      throw new CallError(`the password in the secret does not log in (${refused}): there would be no way back`, false);
    if (pending === undefined) await secret.stage(newPassword());
    await notes.keep('staged', 'yes');
  }
  const next = (await secret.read()).pending;
  if (next === undefined) throw new CallError('somebody removed the pending value of the secret', false);
  return { current, next };
}

const ASKS_FOR_NONE = 'the server takes the old password, too, so that it asks for none';

async function goBack(
  holder: PasswordHolder,
  secret: WritableSecret,
  { current, next, because }: { current: string; next: string; because: string },
): Promise<never> {
  await holder.setPassword(current, next);
  const still = await holder.refused(current);
  await secret.discard();
  const end =
    still === undefined ? 'the old one works again' : `the old one was put back, but is refused, too (${still})`;
  throw new CallError(`${because}; ${end}`, false);
}
