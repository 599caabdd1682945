import { secretOf } from '../revokers/secret-of.ts';

/** `revokers:` with its secrets in clear, so that another process can be told of it. */
export type PlainAccounts = Readonly<Record<string, Readonly<Record<string, string>>>>;

const SECRETS: Readonly<Record<string, readonly string[]>> = {
  postgres: ['url'],
  mariadb: ['url'],
  vault: ['token'],
  aws: ['secret_access_key'],
  gcp: ['key'],
};

/** As it is after the configuration was read and its secrets fetched. */
export async function checkedAccounts(accounts: PlainAccounts): Promise<Record<string, unknown>> {
  const checked: Record<string, unknown> = {};
  for (const [account, fields] of Object.entries(accounts)) {
    const secrets = SECRETS[account] ?? [];
    const values = Object.entries(fields).map(async ([name, value]) => [
      name,
      secrets.includes(name) ? await secretOf(value) : value,
    ]);
    checked[account] = Object.fromEntries(await Promise.all(values));
  }
  return checked;
}
