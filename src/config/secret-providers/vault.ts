import { z } from 'zod';
import { CallError } from '../../errors.ts';
import { readJson } from '../../http.ts';
import { callVault, keepToken, saysThat, type VaultServer, vaultPath } from '../../vault.ts';
import { type SecretContext, SecretError, type SecretProvider, SecretServerError } from '../secret-provider.ts';
import { envProvider } from './env.ts';
import { fileProvider } from './file.ts';

const TOKEN = /^secret:\/\/(env|file)\/(.+)$/s;

const settingsSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ example: 'https://vault.example.com:8200' }),
  /** Not from Vault itself, which needs it. */
  token: z
    .string()
    .regex(TOKEN, 'must say where the token lies, outside of Vault; write secret://file/PATH or secret://env/NAME'),
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
    const value = fieldOf(await read(server, path, field), path, field);
    await keep(server, context);
    return value;
  },
};

async function serverOf({ providers, env, folder, warn }: SecretContext): Promise<VaultServer> {
  const settings = providers?.settings.vault as z.infer<typeof settingsSchema> | undefined;
  const url = settings?.url ?? env.VAULT_ADDR;
  if (url === undefined || url === '')
    throw new SecretError(
      'refers to Vault, whose address is not known; write secret_providers.vault, or set VAULT_ADDR',
    );
  if (!URL.canParse(url))
    throw new SecretError(
      'refers to Vault, but VAULT_ADDR is no address; write such as https://vault.example.com:8200',
    );
  const [, provider, location = ''] = TOKEN.exec(settings?.token ?? 'secret://env/VAULT_TOKEN') ?? [];
  const from = provider === 'file' ? fileProvider : envProvider;
  try {
    const token = await from.fetch(location, { env, warn, folder: providers?.folder ?? folder });
    return {
      url,
      token: { reveal: () => token },
      namespace: settings?.namespace ?? (env.VAULT_NAMESPACE || undefined),
    };
  } catch (error) {
    throw error instanceof SecretError ? new SecretError(`refers to Vault, whose token ${error.message}`) : error;
  }
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

const fields = z.record(z.string(), z.unknown());
const version2 = z.object({ data: z.object({ data: fields, metadata: z.object({ version: z.number() }) }) });
const version1 = z.object({ data: fields });

function fieldOf(text: string, path: string, field: string): string {
  const data = readJson(text, version2)?.data.data ?? readJson(text, version1)?.data ?? {};
  const value = Object.hasOwn(data, field) ? data[field] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  const problem = value === undefined ? 'which has no such field' : 'whose field is no text, or empty';
  throw new SecretError(`refers to ${field} of ${path} in Vault, ${problem}; its fields: ${shown(Object.keys(data))}`);
}

const shown = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.slice(0, 10).join(', ').slice(0, 200);
