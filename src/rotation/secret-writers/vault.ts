import { z } from 'zod';
import { CallError } from '../../errors.ts';
import { readJson } from '../../http.ts';
import { vaultSettings } from '../../revokers/vault-settings.ts';
import { callVault, saysThat, type VaultServer, vaultPath } from '../../vault.ts';
import type { SecretWriter } from '../secret-writer.ts';

const LOCATION = /^([^#/]+\/data\/[^#]+)#([^#]+)$/;

/**
 * Vault's KV version 2: one field of a secret, as `secret://vault/…` refers to it. The pending value is another field of the same
 * secret, `FIELD_pending`, since the newest version of a secret is what every reader gets. Other fields stay as they are, and
 * nobody else's write is lost: each of ours names the version that it follows (check-and-set).
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#create-update-secret
 *
 *     path "secret/data/billing/pg" { capabilities = ["read", "create", "update"] }
 */
export const vault: SecretWriter = {
  id: 'vault',
  title: 'HashiCorp Vault: one field of a secret of KV version 2',
  example: 'secret://vault/secret/data/NAME#FIELD',
  account: 'vault',
  pending: 'the field `FIELD_pending` of the same secret; the old value stays in its older versions',
  needs: 'read, create and update on the secret',
  testedAgainst: 'Vault 1.19',
  isLocation: (location) => {
    const [, path] = LOCATION.exec(location) ?? [];
    return path?.split('/').every((part) => !['', '.', '..'].includes(part)) ?? false;
  },
  open(settings, location) {
    const server = vaultSettings.parse(settings);
    const [, path = '', field = ''] = LOCATION.exec(location) ?? [];
    const pendingField = `${field}_pending`;
    const write = async (change: (data: Data) => Data | undefined): Promise<void> => {
      const { data, version } = await readSecret(server, path);
      const changed = change(data);
      if (changed !== undefined) await writeSecret(server, path, changed, version);
    };
    return {
      async read() {
        const { data } = await readSecret(server, path);
        return { current: textOf(data[field]), pending: textOf(data[pendingField]) };
      },
      stage: (value) => write((data) => ({ ...data, [pendingField]: value })),
      promote: () =>
        write(({ [pendingField]: pending, ...data }) =>
          pending === undefined ? undefined : { ...data, [field]: pending },
        ),
      discard: () => write(({ [pendingField]: pending, ...data }) => (pending === undefined ? undefined : data)),
    };
  },
};

type Data = Readonly<Record<string, unknown>>;

const secretSchema = z.object({
  data: z.object({ data: z.record(z.string(), z.unknown()), metadata: z.object({ version: z.number() }) }),
});
const isNothing = ({ status }: { readonly status: number }): boolean => status === 404;
/** Somebody wrote in between: reading again shows what. */
const isOvertaken = saysThat(400, 'check-and-set parameter did not match');

async function readSecret(server: VaultServer, path: string): Promise<{ data: Data; version: number }> {
  const answer = await callVault(server, { method: 'GET', path: vaultPath(path), accepts: isNothing });
  const secret = readJson(answer.text, secretSchema);
  if (!isNothing(answer) && secret !== undefined)
    return { data: secret.data.data, version: secret.data.metadata.version };
  throw new CallError(
    `there is no secret of KV version 2 at ${path} in Vault: write its current value there first`,
    false,
  );
}

async function writeSecret(server: VaultServer, path: string, data: Data, version: number): Promise<void> {
  const body = { options: { cas: version }, data };
  const secrets = Object.values(data).filter((value) => typeof value === 'string');
  const answer = await callVault(server, {
    method: 'POST',
    path: vaultPath(path),
    body,
    secrets,
    accepts: isOvertaken,
  });
  if (isOvertaken(answer)) throw new CallError(`somebody else wrote to ${path} in Vault in between`, true);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
