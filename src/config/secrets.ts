import { inspect } from 'node:util';
import { z } from 'zod';
import { remember } from '../scrub.ts';
import { nearest } from './nearest.ts';
import { type SecretContext, SecretError, type SecretProvider } from './secret-provider.ts';
import { awsSecretsManagerProvider } from './secret-providers/aws-secrets-manager.ts';
import { envProvider } from './secret-providers/env.ts';
import { fileProvider } from './secret-providers/file.ts';
import { gcpSecretManagerProvider } from './secret-providers/gcp-secret-manager.ts';
import { vaultProvider } from './secret-providers/vault.ts';

/** Where secrets may lie: one file in secret-providers/ and one line here. */
const PROVIDERS: Readonly<Record<string, SecretProvider>> = {
  env: envProvider,
  file: fileProvider,
  vault: vaultProvider,
  'aws-secrets-manager': awsSecretsManagerProvider,
  'gcp-secret-manager': gcpSecretManagerProvider,
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
const REFERENCE = /^secret:\/\/([a-z-]+)\/(.+)$/;

/**
 * A secret that configuration refers to. Printing it in any way shows `[redacted]`; only `reveal()` gives the value,
 * once `resolveSecrets` has fetched it. Reveal it for each use: `refresh` may have brought another value.
 */
export class Secret {
  /** `secret://PROVIDER/LOCATION`: where it lies, which is no secret. */
  readonly reference: string;
  #value: string | undefined;
  /** When it was last asked for; wall clock, milliseconds since the epoch. */
  #askedAt = 0;
  #context: SecretContext | undefined;

  constructor(reference: string) {
    this.reference = reference;
  }

  /** One that Wayward itself was given at run time, and which lies nowhere; `reference` says in words what it is. */
  static holding(value: string, reference: string): Secret {
    const secret = new Secret(reference);
    secret.#keep(value);
    return secret;
  }

  reveal(): string {
    if (this.#value === undefined) throw new Error(`${this.reference} was not fetched before its use`);
    return this.#value;
  }

  /** Fetches the value once. @throws SecretError */
  async resolve(context: SecretContext): Promise<void> {
    if (this.#value === undefined) await this.#fetch(context);
    this.#context ??= context;
  }

  /**
   * Fetches a value anew that was asked for longer ago than that, milliseconds. Where it can't be had, the one from before stays, with a
   * warning: what keeps secrets may be down while what they are for is not. One that was never fetched stays so.
   */
  async refresh(olderThan: number): Promise<void> {
    const context = this.#context;
    if (context === undefined || Date.now() - this.#askedAt < olderThan) return;
    try {
      await this.#fetch({ ...context, warn: () => {} }); // said before
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      context.warn(`${this.reference} ${error.message}; the value from before stays in use`);
    }
  }

  async #fetch(context: SecretContext): Promise<void> {
    const [, provider = '', location = ''] = REFERENCE.exec(this.reference) ?? [];
    this.#askedAt = Date.now(); // also of what fails: a server that is down is not waited for again and again
    const value = await PROVIDERS[provider]?.fetch(location, context);
    if (value !== undefined) this.#keep(value);
  }

  #keep(value: string): void {
    this.#value = value;
    remember(value);
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
  for (const [where, secret] of secretsIn(value, path)) {
    try {
      await secret.resolve(context);
    } catch (error) {
      throw error instanceof SecretError ? errorAt(where, error.message, error) : error;
    }
  }
}

/** `refresh` for every secret inside a configuration value. */
export async function refreshSecrets(value: unknown, olderThan: number): Promise<void> {
  for (const [, secret] of secretsIn(value)) await secret.refresh(olderThan);
}

function* secretsIn(value: unknown, path: readonly PropertyKey[] = []): Generator<[readonly PropertyKey[], Secret]> {
  if (value instanceof Secret) yield [path, value];
  else if (Array.isArray(value))
    for (const [index, entry] of value.entries()) yield* secretsIn(entry, [...path, index]);
  else if (typeof value === 'object' && value !== null)
    for (const [key, entry] of Object.entries(value)) yield* secretsIn(entry, [...path, key]);
}
