import { z } from 'zod';
import { remember } from '../../scrub.ts';
import { type SecretContext, SecretError } from '../secret-provider.ts';
import { envProvider } from './env.ts';
import { fileProvider } from './file.ts';

const REFERENCE = /^secret:\/\/(env|file)\/(.+)$/s;

/** Where a provider's own secret lies, with which it gets at the others; `lies` reads on after "must say where". */
export const ownSecretSchema = (lies: string) =>
  z.string().regex(REFERENCE, `must say where ${lies}; write secret://file/PATH or secret://env/NAME`);

/** Fetches such a one. `what` begins the error: `refers to Vault, whose token`. @throws SecretError */
export async function fetchOwn(
  reference: string,
  what: string,
  { providers, env, folder, warn }: SecretContext,
): Promise<string> {
  const [, provider, location = ''] = REFERENCE.exec(reference) ?? [];
  const from = provider === 'file' ? fileProvider : envProvider;
  try {
    const value = await from.fetch(location, { env, warn, folder: providers?.folder ?? folder });
    remember(value);
    return value;
  } catch (error) {
    throw error instanceof SecretError ? new SecretError(`${what} ${error.message}`) : error;
  }
}
