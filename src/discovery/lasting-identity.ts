import type { CredentialKind } from '../attribution/credential.ts';
import { MAX_PATTERN } from '../attribution/glob.ts';
import type { CredentialUse, Identity, IdentityKey } from '../event.ts';

/** The `match` entry by which a registry would know a credential again, also when its next secret has another name. */
export interface LastingIdentity {
  readonly key: IdentityKey;
  readonly value: string;
  /** What of it may name the agent. */
  readonly name: string;
  readonly kind: CredentialKind;
  /** Each token has another one: tomorrow's uses will not be known by it. */
  readonly isShortLived: boolean;
}

const KIND: Readonly<Record<IdentityKey, CredentialKind>> = {
  credential_id: 'api-key',
  client_id: 'oauth-client',
  token_fingerprint: 'api-key',
  jwt_sub: 'oauth-token',
  db_user: 'database-role',
  aws_access_key_id: 'aws-access-key',
  aws_principal_arn: 'aws-role',
  vault_accessor: 'vault-token',
  vault_entity_id: 'vault-token',
  gcp_principal_email: 'gcp-service-account',
  mtls_subject: 'mtls-certificate',
  authensor_principal: 'authensor-key',
};

/** What stays the same the longest, first. A key of AWS that STS gave is the last choice, whatever its place here. */
const LASTING: readonly IdentityKey[] = [
  'credential_id',
  'aws_access_key_id',
  'vault_entity_id',
  'mtls_subject',
  'client_id',
  'aws_principal_arn',
  'gcp_principal_email',
  'authensor_principal',
  'db_user',
  'jwt_sub',
  'vault_accessor',
  'token_fingerprint',
];
const SHORT_LIVED: ReadonlySet<IdentityKey> = new Set(['vault_accessor', 'token_fingerprint']);

/** Of a temporary key of STS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const TEMPORARY_KEY = /^ASIA/;
/** As Vault names the users that it makes: display name, role, random characters, and mostly the time. */
const VAULT_USER = /^(v-[\w.-]{1,32})-[A-Za-z\d]{8,20}(-\d{10})?$/;
const ASSUMED_ROLE = /^(arn:[\w-]+:sts::\d*:assumed-role\/(.+)\/)[^/]+$/;

/** Undefined where the record names nobody whom a registry could list: longer than a match may be, or with a `*`, which would match others. */
export function lastingIdentity({ identities }: Pick<CredentialUse, 'identities'>): LastingIdentity | undefined {
  const identity = identities.toSorted((a, b) => place(a) - place(b))[0];
  if (identity === undefined || identity.value.includes('*') || identity.value.length > MAX_PATTERN) return undefined;
  const { key, value } = identity;
  const arn = identities.find((other) => other.key === 'aws_principal_arn')?.value;
  const user = key === 'db_user' ? VAULT_USER.exec(value) : null;
  const role = key === 'aws_principal_arn' ? ASSUMED_ROLE.exec(value) : null;
  const pattern = user?.[1] !== undefined ? `${user[1]}-*` : role?.[1] !== undefined ? `${role[1]}*` : value;
  return {
    key,
    value: pattern,
    name: user?.[1]?.slice('v-'.length) ?? role?.[2] ?? nameIn(key === 'aws_access_key_id' ? (arn ?? value) : value),
    kind: key === 'aws_principal_arn' && value.includes(':user/') ? 'aws-access-key' : KIND[key],
    isShortLived: isShortLived(identity),
  };
}

const isShortLived = ({ key, value }: Identity): boolean =>
  SHORT_LIVED.has(key) || (key === 'aws_access_key_id' && TEMPORARY_KEY.test(value));

const place = (identity: Identity): number =>
  LASTING.indexOf(identity.key) + (identity.key === 'aws_access_key_id' && isShortLived(identity) ? LASTING.length : 0);

/** The last part of a path, a certificate's common name, the part of an address before its `@`. */
const nameIn = (value: string): string =>
  /(?:^|[,/])\s*CN=([^,/]+)/i.exec(value)?.[1] ?? value.replace(/@.*$/s, '').replace(/^.*[/:]/s, '');
