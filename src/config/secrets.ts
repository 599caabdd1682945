import { inspect } from 'node:util';
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { type SecretContext, SecretError, type SecretProvider } from './secret-provider.ts';
import { envProvider } from './secret-providers/env.ts';
import { fileProvider } from './secret-providers/file.ts';
import { vaultProvider } from './secret-providers/vault.ts';

/** Where secrets may lie: one file in secret-providers/ and one line here. */
const PROVIDERS: Readonly<Record<string, SecretProvider>> = {
  env: envProvider,
  file: fileProvider,
  vault: vaultProvider,
};

/** `secret_providers:` in wayward.yaml: where the secrets' own servers are. */
export const secretProvidersSchema: z.ZodType<Readonly<Record<string, unknown>>> = z.strictObject(
  Object.fromEntries(
    Object.entries(PROVIDERS).flatMap(([id, { settingsSchema }]) =>
      settingsSchema === undefined ? [] : [[id, settingsSchema.optional()]],
    ),
  ),
);

const REDACTED = '[redacted]';
const REFERENCE = /^secret:\/\/([a-z]+)\/(.+)$/;

/**
 * A secret that configuration refers to. Printing it in any way shows `[redacted]`; only `reveal()` gives the value,
 * once `resolveSecrets` has fetched it.
 */
export class Secret {
  /** `secret://PROVIDER/LOCATION`: where it lies, which is no secret. */
  readonly reference: string;
  #value: string | undefined;

  constructor(reference: string) {
    this.reference = reference;
  }

  /** One that Wayward itself was given at run time, and which lies nowhere; `reference` says in words what it is. */
  static holding(value: string, reference: string): Secret {
    const secret = new Secret(reference);
    secret.#value = value;
    return secret;
  }

  reveal(): string {
    if (this.#value === undefined) throw new Error(`${this.reference} was not fetched before its use`);
    return this.#value;
  }

  /** Fetches the value once. @throws SecretError */
  async resolve(context: SecretContext): Promise<void> {
    const [, provider = '', location = ''] = REFERENCE.exec(this.reference) ?? [];
    this.#value ??= await PROVIDERS[provider]?.fetch(location, context);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** A secret reference, read to a `Secret`; one that was read already stays what it is. A plain secret is refused without being shown. */
export const secretSchema = z.unknown().transform((written, context): Secret => {
  if (written instanceof Secret) return written;
  const [, provider] = REFERENCE.exec(typeof written === 'string' ? written : '') ?? [];
  if (provider !== undefined && Object.hasOwn(PROVIDERS, provider)) return new Secret(String(written));
  context.addIssue(referenceProblem(written, provider));
  return z.NEVER;
});

function referenceProblem(written: unknown, provider: string | undefined): string {
  const examples = Object.values(PROVIDERS).map(({ example }) => example);
  if (provider !== undefined) {
    const guess = nearest(provider, Object.keys(PROVIDERS));
    const instead = (guess === undefined ? undefined : PROVIDERS[guess]?.example) ?? examples.join(' or ');
    return `refers to an unknown place for secrets; write such as ${instead}`;
  }
  const what = written == null ? 'is missing' : 'must not hold the secret itself';
  return `${what}; put it into a file of mode 0600 and write ${examples.join(', or ')}`;
}

/**
 * Fetches every secret inside a configuration value. `errorAt` makes the error from the path to the secret in there,
 * the message and its cause.
 * @throws what `errorAt` made, for the first that can't be had
 */
export async function resolveSecrets(
  value: unknown,
  context: SecretContext,
  errorAt: (path: readonly PropertyKey[], message: string, cause: SecretError) => Error,
  path: readonly PropertyKey[] = [],
): Promise<void> {
  if (value instanceof Secret) {
    try {
      await value.resolve(context);
    } catch (error) {
      throw error instanceof SecretError ? errorAt(path, error.message, error) : error;
    }
  } else if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) await resolveSecrets(entry, context, errorAt, [...path, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) await resolveSecrets(entry, context, errorAt, [...path, key]);
  }
}
