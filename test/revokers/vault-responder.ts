import { readFileSync } from 'node:fs';
import type { Revocation, Revoker } from '../../src/response/action.ts';
import type { VaultServer } from '../servers/vault-client.ts';
import { secretOf } from './secret-of.ts';

export const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

/** A new token with this policy and nothing else. */
export async function tokenWith({ rootToken, call }: VaultServer, policy: string): Promise<string> {
  const name = `p${Math.random().toString(36).slice(2)}`;
  await call(rootToken, 'PUT', `sys/policies/acl/${name}`, { policy });
  const options = { policies: [name], ttl: '1h', no_default_policy: true };
  const { body } = await call(rootToken, 'POST', 'auth/token/create', options);
  if (body?.auth === undefined) throw new Error('Vault made no token');
  return body.auth.client_token;
}

/** The least-privilege policy that stands above the revoker (or what else lies in `folder`) in its file, with names of the test in it. */
export function policyOf(
  { id }: Pick<Revoker, 'id'>,
  names: Readonly<Record<string, string>> = {},
  folder = 'revokers',
): string {
  const source = readFileSync(new URL(`../../src/${folder}/${id}.ts`, import.meta.url), 'utf8');
  const lines = source.split('\n').filter((line) => line.startsWith(' *     '));
  if (lines.length === 0) throw new Error(`src/${folder}/${id}.ts shows no policy`);
  const policy = lines.map((line) => line.slice(' *     '.length)).join('\n');
  return Object.entries(names).reduce((text, [name, value]) => text.replaceAll(name, value), policy);
}

/** One step of a revoker with its own account's token. */
export async function stepOf(revoker: Revoker, url: string, token: string, spec: object): Promise<Revocation> {
  return revoker.prepare({ url, token: await secretOf(token) }, { with: revoker.id, ...spec });
}
