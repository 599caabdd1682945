import { createHmac } from 'node:crypto';
import type { Render } from './line.ts';
import { integer, type Random, uuid } from './random.ts';
import type { SimulatedUse, VaultAction } from './use.ts';

const VAULT_VERSION = 'v1.21.4+builtin.vault';
const KV_VERSION = 'v0.25.0+builtin';
const DENIED = '1 error occurred:\n\t* permission denied\n\n';
const REJECTED = '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n';
const FAILED = '1 error occurred:\n\t* context deadline exceeded\n\n';

/**
 * Vault's audit log of a device with `hmac_accessor=false`: a request and a response line each.
 * The token's policy, display name and metadata follow `agentOf(accessor)`. Secrets are HMACs, as Vault writes them.
 */
export function vaultAudit(random: Random, agentOf: (accessor: string) => string, tokensIssued: string): Render {
  return (use) => {
    if (use.action.kind !== 'vault') throw new TypeError(`Vault does not log ${use.action.kind} actions`);
    const agent = agentOf(use.identity);
    const auth = use.result === 'rejected' ? undefined : authOf(use, agent, tokensIssued);
    const error = { success: undefined, error: FAILED, denied: DENIED, rejected: REJECTED }[use.result];
    const request = requestOf(use, use.action, random);
    const start = use.time;
    const end = start + integer(random, 1, 4);
    const mount = request.mount_type === 'kv' ? 'kv_ac212472' : 'database_b884910e';
    const allowed = error === undefined;
    // The mount's accessor is known once the request has been routed: only then does it stand in the line.
    const routed = allowed ? { mount_accessor: mount } : {};
    const { mount_class, mount_point, mount_running_version, mount_type, ...before } = request;
    const mounted = { mount_class, mount_point, mount_running_version, mount_type };
    const tail = requestTail(use, use.action, random);
    const response = {
      data: allowed ? answer(use.action, agent) : { error: hmac('audit', error) },
      ...routed,
      mount_class,
      mount_point,
      mount_running_plugin_version: mount_running_version,
      mount_type,
      ...(allowed && mount_type === 'database' ? { secret: { lease_id: `${use.action.path}/${use.session}` } } : {}),
    };
    const head = { ...(auth === undefined ? {} : { auth }), ...(error === undefined ? {} : { error }) };
    const asked = {
      ...head,
      request: { ...before, ...mounted, ...tail },
      time: nanoseconds(start, random),
      type: 'request',
    };
    const answered = {
      ...head,
      request: { ...before, ...routed, ...mounted, ...tail },
      response,
      time: nanoseconds(end, random),
      type: 'response',
    };
    return [
      { time: start, text: JSON.stringify(asked) },
      { time: end, text: JSON.stringify(answered) },
    ];
  };
}

/** Vault writes a value as an HMAC under the audit device's salt; ours is keyed by a word. */
const hmac = (key: string, value: string): string =>
  `hmac-sha256:${createHmac('sha256', `simulated ${key}`).update(value).digest('hex')}`;

const nanoseconds = (time: number, random: Random): string =>
  `${new Date(time).toISOString().slice(0, -1)}${String(integer(random, 1, 999_999))
    .padStart(6, '0')
    .replace(/0+$/, '')}Z`;

const authOf = (use: SimulatedUse, agent: string, issued: string) => ({
  accessor: use.identity,
  client_token: hmac('auth token', use.identity),
  display_name: `token-${agent}`,
  metadata: { agent },
  policies: [agent],
  policy_results:
    use.result === 'denied'
      ? { allowed: false }
      : { allowed: true, granting_policies: [{ type: '' }, { name: agent, namespace_id: 'root', type: 'acl' }] },
  token_policies: [agent],
  token_issue_time: issued,
  token_ttl: 2_764_800,
  token_type: 'service',
});

function requestOf(use: SimulatedUse, action: VaultAction, random: Random) {
  const isKv = action.path.startsWith('secret/');
  const data = action.operation === 'create' || action.operation === 'update';
  const known = use.result !== 'rejected';
  return {
    ...(known ? { client_id: createHmac('sha256', 'simulated client').update(use.identity).digest('base64') } : {}),
    client_token: hmac('request token', use.identity),
    ...(known ? { client_token_accessor: use.identity } : {}),
    ...(data ? { data: { data: { value: hmac('audit', uuid(random)) } } } : {}),
    headers: { 'user-agent': [use.client] },
    id: uuid(random),
    mount_class: 'secret',
    mount_point: isKv ? 'secret/' : 'database/',
    mount_running_version: isKv ? KV_VERSION : VAULT_VERSION,
    mount_type: isKv ? 'kv' : 'database',
  };
}

const requestTail = (use: SimulatedUse, action: VaultAction, random: Random) => ({
  namespace: { id: 'root' },
  operation: action.operation,
  path: action.path,
  remote_address: use.ip,
  remote_port: integer(random, 32_768, 60_999),
});

function answer(action: VaultAction, agent: string) {
  const stored = hmac('audit', `${agent} ${action.path}`);
  if (action.path.startsWith('database/')) return { password: stored, username: hmac('audit', agent) };
  if (action.operation === 'list') return { keys: [stored] };
  const about = {
    created_time: hmac('audit', 'created'),
    custom_metadata: null,
    deletion_time: hmac('audit', ''),
    destroyed: false,
    version: 1,
  };
  return action.operation === 'read' ? { data: { value: stored }, metadata: about } : about;
}
