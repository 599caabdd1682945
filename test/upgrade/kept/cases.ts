import type { RevokeSpec, RotateSpec } from '../../../src/attribution/credential.ts';

/** One credential whose step is left half-way. */
export interface Case {
  readonly id: string;
  /** How far its step has come; see `leave-steps.ts`. */
  readonly left: Left;
  readonly revoke: RevokeSpec | readonly RevokeSpec[];
  readonly rotate?: RotateSpec;
}

/** States that a step may be left in by a process that ends. */
const LEFT = [
  'waiting for approval',
  'approved',
  'before the effect',
  'after the effect',
  'before the read-back',
  'to be tried again',
  'waiting for its issuer',
  'half made',
  'verified',
  'restore ordered',
  'before the restore',
  'restored',
  'failed',
  'expired',
  'refused',
  'ordered by hand',
  'on the second step',
  'used after the last step',
  'behind the breaker',
  'rotation ordered',
  'rotation waiting',
] as const;
export type Left = (typeof LEFT)[number];

/** No secret: what every reference to one gives. */
export const SECRET = 'secret://env/WAYWARD_KEPT_STATE';

const GCP = { project: 'billing-prod', account: 'agent@billing-prod.iam.gserviceaccount.com' };
const KEY = '0123456789abcdef0123456789abcdef01234567';
const ACCESS_KEY = 'AKIAIOSFODNN7EXAMPLE';
const ENTITY = '7d2e3179-f69b-450c-7179-ac8ee8bd8ca9';
const WEBHOOK = { with: 'webhook', url: 'https://issuer.example.com/revoke' };
const placeOf = (name: string): string => `secret://vault/secret/data/${name}#password`;

/** What each rotator needs for a name; the name stands in it, so that a played rotator knows whose it is. */
const ROTATE_SPECS: Readonly<Record<string, (name: string) => Omit<RotateSpec, 'with'>>> = {
  'postgres-password': (role) => ({ role, secret: placeOf(role) }),
  'mariadb-password': (user) => ({ user, secret: placeOf(user) }),
  'vault-database-static': (role) => ({ role }),
  'vault-database-root': (connection) => ({ connection, role: 'proof' }),
  'aws-access-key': (user) => ({ user, secret: placeOf(user) }),
  'aws-secrets-manager': (id) => ({ secret_id: id }),
};

/** What each revoker needs for a name. Defaults are left out wherever there are some. */
const REVOKE_SPECS: Readonly<Record<string, (name: string) => Omit<RevokeSpec, 'with'>>> = {
  postgres: (role) => ({ role }),
  'postgres-grants': (role) => ({ role }),
  'postgres-valid-until': (role) => ({ role }),
  mariadb: (user) => ({ user }),
  'mariadb-grants': (user) => ({ user }),
  vault: (accessor) => ({ accessor }),
  'vault-secret-id': (role) => ({ role }),
  'vault-entity': () => ({ entity: ENTITY }),
  'vault-entity-tokens': () => ({ entity: ENTITY }),
  'vault-lease': (name) => ({ lease: `database/creds/${name}/1` }),
  'vault-lease-prefix': (name) => ({ prefix: `database/creds/${name}` }),
  'aws-access-key': (user) => ({ user, access_key_id: ACCESS_KEY }),
  'aws-access-key-delete': (user) => ({ user, access_key_id: ACCESS_KEY }),
  'aws-deny-all': (user) => ({ user }),
  'aws-role-sessions': (role) => ({ role }),
  oauth: () => ({ token: SECRET }),
  'gcp-service-account-key': () => ({ ...GCP, key: KEY }),
  'gcp-service-account-key-delete': () => ({ ...GCP, key: KEY }),
  'gcp-service-account': () => GCP,
  'gcp-secret-version': (secret) => ({ project: GCP.project, secret, version: 3 }),
  authensor: (principal) => ({ principal }),
  nginx: (id) => ({ credential_id: id }),
  envoy: (id) => ({ credential_id: id }),
  rotation: (role) => ({ rotate: { with: 'postgres-password', role, secret: placeOf(role) } }),
  webhook: () => ({ url: WEBHOOK.url, verify_url: 'https://issuer.example.com/verify' }),
  command: (who) => ({ command: 'lock', parameters: { who } }),
};

/** Revokers and rotators that have cases; one that has none is told by a test. */
export const REVOKERS_WITH_CASES = Object.keys(REVOKE_SPECS);
export const ROTATORS_WITH_CASES = Object.keys(ROTATE_SPECS);

/** Each revoker's step, in each state of which there is more than one way through the code of its issuer. */
const OF_EACH_REVOKER: readonly (readonly [string, Left])[] = [
  ['planned', 'waiting for approval'],
  ['approved', 'approved'],
  ['calling', 'before the effect'],
];

const one = (id: string, left: Left, revoke: Case['revoke'] = { with: 'postgres', role: id }): Case => ({
  id,
  left,
  revoke,
});

const named = (prefix: string, id: string): string => `${prefix}-${id}`.replaceAll('-', '_');

export const CASES: readonly Case[] = [
  ...OF_EACH_REVOKER.flatMap(([prefix, left]) =>
    Object.entries(REVOKE_SPECS).map(([id, specOf]) =>
      one(`${prefix}-${id}`, left, { with: id, ...specOf(named(prefix, id)) }),
    ),
  ),
  one('after-effect', 'after the effect'),
  one('before-read-back', 'before the read-back'),
  one('tried-once', 'to be tried again'),
  one('not-yet', 'waiting for its issuer'),
  one('half', 'half made', { with: 'rotation', ...REVOKE_SPECS.rotation?.('half') }),
  one('verified', 'verified'),
  one('restore-ordered', 'restore ordered', { with: 'vault-entity', entity: ENTITY }),
  one('restoring', 'before the restore'),
  one('restored', 'restored'),
  one('failed', 'failed', WEBHOOK),
  one('expired', 'expired'),
  one('refused', 'refused'),
  one('after-breaker', 'behind the breaker'),
  one('by-hand', 'ordered by hand', { with: 'vault-secret-id', role: 'by_hand' }),
  one('ladder', 'on the second step', [
    { with: 'postgres', role: 'ladder' },
    { with: 'postgres-grants', role: 'ladder' },
  ]),
  one('used-on', 'used after the last step'),
  ...Object.entries(ROTATE_SPECS).flatMap(([id, specOf]): Case[] => [
    {
      ...one(`rotate-${id}`, 'rotation ordered'),
      rotate: { with: id, ...specOf(named('rotate', id)) },
    },
    {
      ...one(`rotating-${id}`, 'rotation waiting'),
      rotate: { with: id, ...specOf(named('rotating', id)) },
    },
  ]),
];

export const nameOfRotation = ({ rotate }: Case): string | undefined =>
  rotate === undefined
    ? undefined
    : String(
        rotate['role'] === 'proof' ? rotate['connection'] : (rotate['role'] ?? rotate['user'] ?? rotate['secret_id']),
      );

/** The registry's file, as JSON, which is YAML. */
export const registryOfCases = (): string =>
  JSON.stringify(
    {
      credentials: CASES.map(({ id, revoke, rotate }) => ({
        id,
        agent: `agent-${id}`,
        peer_group: 'kept',
        slot: 'api',
        kind: 'api-key',
        match: { credential_id: id },
        revoke,
        rotate,
      })),
    },
    null,
    1,
  );

/** `revokers:` of wayward.yaml. Nobody is there: issuers are played. */
export const ISSUERS = {
  postgres: { url: SECRET },
  mariadb: { url: SECRET },
  vault: { url: 'https://vault.example.com:8200', token: SECRET },
  aws: { region: 'eu-central-1' },
  oauth: {
    revocation_url: 'https://login.example.com/revoke',
    introspection_url: 'https://login.example.com/introspect',
    client_id: 'wayward',
    client_secret: SECRET,
  },
  gcp: { access_token: SECRET },
  authensor: { url: 'https://authensor.example.com', key: SECRET },
  nginx: { denied: '/etc/nginx/wayward-denied.map', probe: 'http://127.0.0.1:8089/wayward/denied/' },
  envoy: { denied: '/etc/envoy/wayward-denied.json', admin: 'http://127.0.0.1:9901' },
  webhook: { secret: SECRET },
  command: { lock: { run: ['/usr/bin/true', '{who}'], verify: ['/usr/bin/true', '{who}'] } },
};
