import { described } from './described.ts';

/** What ContextForge, a gateway of MCP servers, writes into its table `permission_audit_log`, as JSON. A denied tool call is HTTP 200: only this tells. */
export const contextforgePermissions = described(
  {
    id: 'contextforge-permissions',
    title: 'ContextForge MCP gateway, permission_audit_log',
    dataset: 'contextforge.permissions',
    time: { field: 'timestamp', unit: 'iso', zone: 'UTC' },
    action: ['{permission} {resource_type}', '{permission}'],
    result: [{ field: 'granted', denied: ['0', 'false'], success: ['1', 'true'] }],
    identities: { client_id: 'user_email' },
    proof: [{ is: 'verified', when: { user_email: { exists: true } } }],
    source_ip: 'ip_address',
    client: 'user_agent',
    service: 'team_id',
  },
  {
    proof: '`user_email`: the gateway asks for permissions once it has authenticated',
    about: {
      switchOn: 'an export of the table `permission_audit_log`, row by row as JSON',
      cannotTell: "which tool was called with which arguments; which of a user's tokens",
      evidence: 'recorded: ContextForge 1.0',
    },
    knownBy: { permission: { exists: true }, granted: { exists: true }, roles_checked: { exists: true } },
  },
);
