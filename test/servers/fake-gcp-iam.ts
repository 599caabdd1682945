import type { Method } from './fake-gcp.ts';
import type { Account } from './fake-gcp-accounts.ts';
import { newKey, PROJECT } from './fake-gcp-accounts.ts';
import { invalidArgument, notFound, objectOf } from './fake-gcp-errors.ts';

const ACCOUNT = 'v1/projects/[^/]+/serviceAccounts/(?<account>[^/:]+)';
const KEY = `${ACCOUNT}/keys/(?<key>[^/:]+)`;
const FILE = 'TYPE_GOOGLE_CREDENTIALS_FILE';
const SYSTEM_KEY = 'f'.repeat(40);
const REASONS = ['UNSPECIFIED', 'USER_INITIATED', 'EXPOSED', 'COMPROMISE_DETECTED'];

/**
 * IAM v1, of which: projects.serviceAccounts.{get,disable,enable} and projects.serviceAccounts.keys.{create,list,get,disable,enable,delete}.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys
 */
export function iamMethods(accounts: readonly Account[], tokenUri: string): readonly Method[] {
  const accountOf = (wanted = ''): Account => {
    const found = accounts.find(({ email, uniqueId }) => [email, uniqueId].includes(decodeURIComponent(wanted)));
    if (found === undefined) throw notFound(`Unknown service account ${wanted}`);
    return found;
  };
  const keyOf = (account?: string, id = '', isRead = false, isLate = false) => {
    const key = accountOf(account).keys.get(id);
    if (key === undefined || (isRead && isLate ? key.before : key.now).deleted)
      throw notFound(`Service account key ${id} does not exist.`);
    return key;
  };
  const turn = (verb: 'enable' | 'disable'): Method[] => [
    {
      http: 'POST',
      path: new RegExp(`^${ACCOUNT}:${verb}$`),
      permission: `iam.serviceAccounts.${verb}`,
      answer({ account }, body) {
        objectOf(body ?? {}, []);
        accountOf(account).state.set({ disabled: verb === 'disable' });
        return {};
      },
    },
    {
      http: 'POST',
      path: new RegExp(`^${KEY}:${verb}$`),
      permission: `iam.serviceAccountKeys.${verb}`,
      answer({ account, key }, body) {
        const allowed = verb === 'disable' ? ['serviceAccountKeyDisableReason', 'extendedStatusMessage'] : [];
        const reason = objectOf(body ?? {}, allowed).serviceAccountKeyDisableReason;
        if (reason !== undefined && !REASONS.some((end) => reason === `SERVICE_ACCOUNT_KEY_DISABLE_REASON_${end}`))
          throw invalidArgument(`Invalid value at 'service_account_key_disable_reason', "${reason}"`);
        keyOf(account, key).set({ disabled: verb === 'disable' });
        return {};
      },
    },
  ];
  const shown = ({ email, keys }: Account, id = ''): object => ({
    name: `projects/${PROJECT}/serviceAccounts/${email}/keys/${id}`,
    validAfterTime: keys.get(id)?.now.created,
    validBeforeTime: '9999-12-31T23:59:59Z',
    keyAlgorithm: 'KEY_ALG_RSA_2048',
    keyOrigin: 'GOOGLE_PROVIDED',
    keyType: 'USER_MANAGED',
  });
  return [
    {
      http: 'POST',
      path: new RegExp(`^${ACCOUNT}/keys$`),
      permission: 'iam.serviceAccountKeys.create',
      answer({ account }, body) {
        const wanted = objectOf(body ?? {}, ['privateKeyType', 'keyAlgorithm']);
        if ((wanted.privateKeyType ?? FILE) !== FILE) throw invalidArgument('This fake makes key files only.');
        const owner = accountOf(account);
        const { id, file } = newKey(owner, tokenUri);
        return { ...shown(owner, id), privateKeyType: FILE, privateKeyData: Buffer.from(file).toString('base64') };
      },
    },
    {
      http: 'GET',
      path: new RegExp(`^${ACCOUNT}/keys$`),
      permission: 'iam.serviceAccountKeys.list',
      answer({ account }) {
        const owner = accountOf(account);
        const there = [...owner.keys].filter(([, { now }]) => !now.deleted).map(([id]) => shown(owner, id));
        // One that Google makes for itself stands beside them, and can't be deleted.
        const own = { ...shown(owner, SYSTEM_KEY), validAfterTime: '2026-01-01T00:00:00Z', keyType: 'SYSTEM_MANAGED' };
        return { keys: [...there, own] };
      },
    },
    ...turn('enable'),
    ...turn('disable'),
    {
      http: 'GET',
      path: new RegExp(`^${ACCOUNT}$`),
      permission: 'iam.serviceAccounts.get',
      answer({ account }, _body, isLate) {
        const { email, uniqueId, state } = accountOf(account);
        const { disabled } = isLate ? state.before : state.now;
        return {
          name: `projects/${PROJECT}/serviceAccounts/${email}`,
          projectId: PROJECT,
          uniqueId,
          email,
          etag: 'MDEwMjE5MjA=',
          oauth2ClientId: uniqueId,
          ...(disabled ? { disabled } : {}), // false is left out, as in all of Google's JSON
        };
      },
    },
    {
      http: 'GET',
      path: new RegExp(`^${KEY}$`),
      permission: 'iam.serviceAccountKeys.get',
      answer({ account, key }, _body, isLate) {
        const state = keyOf(account, key, true, isLate);
        const { disabled } = isLate ? state.before : state.now;
        return {
          ...shown(accountOf(account), key),
          ...(disabled ? { disabled, disableReason: 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_USER_INITIATED' } : {}),
        };
      },
    },
    {
      http: 'DELETE',
      path: new RegExp(`^${KEY}$`),
      permission: 'iam.serviceAccountKeys.delete',
      answer({ account, key }) {
        keyOf(account, key).set({ deleted: true });
        return {};
      },
    },
  ];
}
