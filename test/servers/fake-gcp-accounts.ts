import { createHash, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';

/** Something that is read a little late: `before` is what it was before the last change. */
export class Lagging<T extends object> {
  now: T;
  before: T;

  constructor(first: T) {
    this.now = first;
    this.before = first;
  }

  set(change: Partial<T>): void {
    this.before = this.now;
    this.now = { ...this.now, ...change };
  }
}

interface Key {
  readonly publicKey: KeyObject;
  readonly disabled: boolean;
  readonly deleted: boolean;
  /** RFC 3339. */
  readonly created: string;
}

export interface Account {
  readonly email: string;
  readonly uniqueId: string;
  readonly state: Lagging<{ readonly disabled: boolean }>;
  readonly keys: Map<string, Lagging<Key>>;
  readonly permissions: ReadonlySet<string>;
}

export const PROJECT = 'billing-prod';
export const PROJECT_NUMBER = '123456789012';

export function newAccount(name: string, permissions: readonly string[]): Account {
  return {
    email: `${name}@${PROJECT}.iam.gserviceaccount.com`,
    uniqueId: `1${randomBytes(10).readBigUInt64BE().toString().padStart(20, '0')}`,
    state: new Lagging({ disabled: false }),
    keys: new Map(),
    permissions: new Set(permissions),
  };
}

/** Making one takes long: they are used in turn, under ids of their own. */
const PAIRS = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
let keysMade = 0;

/** A new key of the account, as the file that a user gets: https://docs.cloud.google.com/iam/docs/keys-create-delete */
export function newKey(
  account: Account,
  tokenUri: string,
  created = new Date().toISOString(),
): { readonly id: string; readonly file: string } {
  const { publicKey, privateKey } = PAIRS[keysMade++ % PAIRS.length] as (typeof PAIRS)[number];
  const id = createHash('sha1').update(randomBytes(20)).digest('hex');
  account.keys.set(id, new Lagging({ publicKey, disabled: false, deleted: false, created }));
  const file = JSON.stringify({
    type: 'service_account',
    project_id: PROJECT,
    private_key_id: id,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: account.email,
    client_id: account.uniqueId,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: tokenUri,
    universe_domain: 'googleapis.com',
  });
  return { id, file };
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const SKEW_S = 300;

/** A refusal of the token endpoint: RFC 6749, section 5.2. */
interface Refused {
  readonly error: string;
  readonly error_description: string;
}

/**
 * Whom a token is for. As https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests asks
 * for; stricter than Google, which ignores parameters and claims that it doesn't know.
 */
export function checkGrant(form: URLSearchParams, accounts: readonly Account[], tokenUri: string): Account | Refused {
  const invalid = (error_description: string, error = 'invalid_grant'): Refused => ({ error, error_description });
  if ([...form.keys()].sort().join() !== 'assertion,grant_type')
    return invalid('Parameters must be grant_type and assertion', 'invalid_request');
  if (form.get('grant_type') !== GRANT)
    return invalid(`Invalid grant_type: ${form.get('grant_type')}`, 'unsupported_grant_type');
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const { alg, typ, kid, ...otherHeaders } = decoded(header);
  const { iss, scope, aud, iat, exp, ...otherClaims } = decoded(claims);
  if (alg !== 'RS256' || typ !== 'JWT' || Object.keys({ ...otherHeaders, ...otherClaims }).length > 0)
    return invalid('Invalid JWT: unexpected header or claim');
  if (scope !== SCOPE) return invalid('Invalid OAuth scope or ID token audience provided.', 'invalid_scope');
  const now = Date.now() / 1000;
  const isShortLived = Number(exp) - Number(iat) <= 3600 && Number(iat) <= now + SKEW_S && Number(exp) > now - SKEW_S;
  if (!isShortLived)
    return invalid(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    );
  if (aud !== tokenUri) return invalid('Invalid JWT: Failed audience check.');
  const account = accounts.find(({ email }) => email === iss);
  if (account === undefined) return invalid('Invalid grant: account not found');
  if (account.state.now.disabled) return invalid('Robot is disabled.');
  const key = account.keys.get(String(kid))?.now;
  const isSigned =
    key !== undefined &&
    !key.disabled &&
    !key.deleted &&
    verify('sha256', Buffer.from(`${header}.${claims}`), key.publicKey, Buffer.from(signature, 'base64url'));
  return isSigned ? account : invalid('Invalid JWT Signature.');
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return {}; // no JWT
  }
}
