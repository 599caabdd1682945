import { z } from 'zod';
import { CallError } from '../../errors.ts';
import { readJson } from '../../http.ts';
import { httpUrl } from '../../http-url.ts';
import { callVault, keepToken, saysThat, type VaultServer, vaultPath } from '../../vault.ts';
import { type SecretContext, SecretError, type SecretProvider, SecretServerError } from '../secret-provider.ts';
import { fieldOf, fieldsSchema } from './field-of.ts';
import { fetchOwn, ownSecretSchema } from './own-secret.ts';

const settingsSchema = z.strictObject({
  url: httpUrl().meta({ example: 'https://vault.example.com:8200' }),
  /** Not from Vault itself, which needs it. */
  token: ownSecretSchema('the token lies, outside of Vault'),
  namespace: z.string().min(1).optional(),
});

/**
 * `secret://vault/PATH#FIELD`: one field of what Vault answers when PATH is read. PATH is that of the API and of
 * policies: `secret/data/NAME` for KV version 2, `secret/NAME` for version 1. The server and the token are
 * `secret_providers.vault`, else VAULT_ADDR, VAULT_TOKEN and VAULT_NAMESPACE as for Vault's own client.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
 */
export const vaultProvider: SecretProvider = {
  example: 'secret://vault/PATH#FIELD',
  settingsSchema,
  async fetch(location, context) {
    const [, path, field] = /^([^#]+)#([^#]+)$/.exec(location) ?? [];
    if (path === undefined || field === undefined || path.split('/').some((part) => ['', '.', '..'].includes(part)))
      throw new SecretError('does not name a path and a field; write such as secret://vault/secret/data/wayward#token');
    const server = await serverOf(context);
    const value = fieldOf(fieldsIn(await read(server, path, field)), field, `${path} in Vault`);
    await keep(server, context);
    return value;
  },
};

async function serverOf(context: SecretContext): Promise<VaultServer> {
  const settings = context.providers?.settings.vault as z.infer<typeof settingsSchema> | undefined;
  const url = settings?.url ?? context.env.VAULT_ADDR;
  if (url === undefined || url === '')
    throw new SecretError(
      'refers to Vault, whose address is not known; write secret_providers.vault, or set VAULT_ADDR',
    );
  if (!httpUrl().safeParse(url).success)
    throw new SecretError(
      'refers to Vault, but VAULT_ADDR is no address, or holds a user; write such as https://vault.example.com:8200',
    );
  const token = await fetchOwn(settings?.token ?? 'secret://env/VAULT_TOKEN', 'refers to Vault, whose token', context);
  const namespace = settings?.namespace ?? (context.env.VAULT_NAMESPACE || undefined);
  return { url, token: { reveal: () => token }, namespace };
}

/** The secret is there already: that its token could not be renewed is no reason to do without it. */
async function keep(server: VaultServer, { warn }: SecretContext): Promise<void> {
  try {
    await keepToken(server);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    warn(`the token for secret://vault could not be renewed: ${error.message}`);
  }
}

async function read(server: VaultServer, path: string, field: string): Promise<string> {
  try {
    const answer = await callVault(server, {
      method: 'GET',
      path: vaultPath(path),
      accepts: ({ status }) => status === 404,
    });
    if (answer.status !== 404) return answer.text;
    throw new SecretError(`refers to ${path} in Vault, ${whyNothing(path, field, answer)}`);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const Unavailable = error.retryable ? SecretServerError : SecretError;
    throw new Unavailable(`refers to ${path} in Vault, which cannot be read: ${error.message}`);
  }
}

function whyNothing(path: string, field: string, answer: { readonly status: number; readonly text: string }): string {
  if (saysThat(404, 'versioned K/V')(answer)) {
    const instead = path.replace('/', '/data/');
    return `which is KV version 2: write data/ after the mount's name, such as secret://vault/${instead}#${field}`;
  }
  if (saysThat(404, 'deletion_time')(answer))
    return 'whose newest version was deleted; write a new one, or undelete it';
  return 'where there is nothing; check the path: it is the one that policies name (KV version 2: secret/data/NAME)';
}

const version2 = z.object({ data: z.object({ data: fieldsSchema, metadata: z.object({ version: z.number() }) }) });
const version1 = z.object({ data: fieldsSchema });

const fieldsIn = (text: string): z.infer<typeof fieldsSchema> =>
  readJson(text, version2)?.data.data ?? readJson(text, version1)?.data ?? {};
