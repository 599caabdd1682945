import pg from 'pg';
import { quoted } from './mariadb-accounts.ts';

interface Role {
  readonly role: string;
}
interface User {
  readonly user: string;
}
interface AccessKey extends User {
  readonly access_key_id: string;
}
interface GatewayId {
  readonly credential_id: string;
}
interface GcpKey {
  readonly account: string;
  readonly key: string;
}

const roleName = ({ role }: Role): string => `PostgreSQL role ${pg.escapeIdentifier(role)}`;
const userName = ({ user }: User): string => `MariaDB user ${quoted(user)}`;

/**
 * What the steps of each revoker were called when the outbox kept nothing but that sentence (up to the sixth schema of the store): rows of
 * then are found again by it. It stays as it is, whatever `describe` says by now; a newer revoker has none. The specs are checked ones.
 */
const SENTENCES: Readonly<Record<string, (spec: never) => string>> = {
  authensor: ({ principal }: { principal: string }) => `revoke every Authensor key of the principal ${principal}`,
  'aws-access-key': ({ access_key_id, user }: AccessKey) =>
    `make the access key ${access_key_id} of the AWS user ${user} inactive`,
  'aws-access-key-delete': ({ access_key_id, user }: AccessKey) =>
    `delete the access key ${access_key_id} of the AWS user ${user}`,
  'aws-deny-all': ({ user, role }: { user?: string; role?: string }) =>
    `deny the AWS ${user === undefined ? `role ${role}` : `user ${user}`} everything`,
  'aws-role-sessions': ({ role }: Role) => `revoke every session of the AWS role ${role} that began before the call`,
  command({ command, parameters }: { command: string; parameters: Readonly<Record<string, string>> }) {
    const given = Object.entries(parameters).map(([key, value]) => ` ${key}=${value}`);
    return `run the command "${command}"${given.join('')}`;
  },
  envoy: ({ credential_id }: GatewayId) => `deny "${credential_id}" in Envoy's filter`,
  'gcp-secret-version': ({ project, secret, version }: { project: string; secret: string; version: number }) =>
    `disable version ${version} of the Google Cloud secret ${secret} in ${project}`,
  'gcp-service-account': ({ account }: { account: string }) =>
    `disable the Google Cloud service account ${account}, with every key and token of it`,
  'gcp-service-account-key': ({ account, key }: GcpKey) =>
    `disable the key ${key} of the Google Cloud service account ${account}`,
  'gcp-service-account-key-delete': ({ account, key }: GcpKey) =>
    `delete the key ${key} of the Google Cloud service account ${account}`,
  mariadb: (spec: User) => `lock ${userName(spec)} at every host and end its sessions`,
  'mariadb-grants': (spec: User) =>
    `take from ${userName(spec)} every grant and role, at every host, and end its sessions`,
  nginx: ({ credential_id }: GatewayId) => `deny "${credential_id}" in nginx's map, and reload nginx`,
  oauth: ({ token }: { token: { reference: string } }) => `revoke the OAuth token that ${token.reference} holds`,
  postgres: (spec: Role) => `make ${roleName(spec)} NOLOGIN and end its sessions`,
  'postgres-grants': (spec: Role) =>
    `take from ${roleName(spec)} every grant and membership, in all databases, and end its sessions`,
  'postgres-valid-until': (spec: Role) => `let the password of ${roleName(spec)} expire now and end its sessions`,
  vault: ({ accessor }: { accessor: string }) =>
    `revoke the Vault token with accessor ${accessor}, its child tokens and its leases`,
  'vault-entity': ({ entity }: { entity: string }) =>
    `disable the Vault entity ${entity}, so that its tokens and logins are refused`,
  'vault-entity-tokens': ({ entity }: { entity: string }) =>
    `revoke every token of the Vault entity ${entity}, with child tokens and leases`,
  'vault-lease': ({ lease }: { lease: string }) =>
    `revoke the Vault lease ${lease}, and with it what Vault made under it`,
  'vault-lease-prefix': ({ prefix }: { prefix: string }) =>
    `revoke every Vault lease below ${prefix}, and with them what Vault made under them`,
  'vault-secret-id': ({ role, accessor, mount }: Role & { accessor?: string; mount: string }) =>
    accessor === undefined
      ? `destroy every secret id of the Vault AppRole ${role} at auth/${mount}`
      : `destroy the secret id with accessor ${accessor} of the Vault AppRole ${role} at auth/${mount}`,
  webhook: ({ url }: { url: string }) => `ask ${new URL(url).origin} to revoke it (signed webhook)`,
};

/** The sentence that a checked spec of this revoker had; undefined where there was no such revoker. */
export const earlierSentence = (revoker: string, spec: unknown): string | undefined =>
  SENTENCES[revoker]?.(spec as never);
