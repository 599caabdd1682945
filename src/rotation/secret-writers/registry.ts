import { z } from 'zod';
import type { SecretWriter, WritableSecret } from '../secret-writer.ts';
import { awsSecretsManager } from './aws-secrets-manager.ts';
import { gcpSecretManager } from './gcp-secret-manager.ts';
import { vault } from './vault.ts';

/** Every secret manager that rotations write to. A new one is its file and one line here. */
export const SECRET_WRITERS: readonly SecretWriter[] = [vault, awsSecretsManager, gcpSecretManager];

/** A place to write to, in the form in which configuration refers to it. */
export interface Place {
  readonly reference: string;
  readonly account: string;
  /** `settings` is `revokers:` of the configuration. */
  open(settings: Readonly<Record<string, unknown>>): WritableSecret;
}

const REFERENCE = /^secret:\/\/([a-z-]+)\/(.+)$/s;

/** `secret://PROVIDER/LOCATION`, where PROVIDER is one that can be written to. */
export const placeSchema = z.string().transform((reference, context): Place => {
  const [, provider, location = ''] = REFERENCE.exec(reference) ?? [];
  const writer = SECRET_WRITERS.find(({ id }) => id === provider);
  if (writer === undefined || !writer.isLocation(location)) {
    const examples = SECRET_WRITERS.map(({ example }) => example).join(' or ');
    context.addIssue(`is no place that Wayward can write a secret to; write such as ${examples}`);
    return z.NEVER;
  }
  const { account } = writer;
  return { reference, account, open: (settings) => writer.open(settings[account], location) };
});
