import { described } from './described.ts';

/** OpenAI's audit log (`GET /v1/organization/audit_logs`), as its pages or line by line: what was done to the organisation by keys and by people. */
export const openaiAudit = described(
  {
    id: 'openai-audit',
    title: 'OpenAI, audit logs',
    dataset: 'openai.audit',
    time: { field: 'effective_at', unit: 's' },
    action: '{type}',
    result: [{ field: 'type', rejected: ['*.failed'] }],
    identities: {
      credential_id: 'actor.api_key.id',
      client_id: ['actor.api_key.service_account.id', 'actor.api_key.user.id', 'actor.session.user.id'],
    },
    proof: [{ is: 'verified', when: { 'actor.type': ['api_key', 'session'] } }],
    source_ip: ['actor.session.ip_address', 'actor.api_key.ip_address'],
    client: ['actor.session.user_agent', 'actor.api_key.user_agent'],
    service: 'project.id',
  },
  {
    proof: '`actor`, which OpenAI writes of a key or session that it has checked; `login.failed` is rejected',
    about: {
      switchOn: "audit logging in the organisation's settings; `GET /v1/organization/audit_logs` with an admin key",
      cannotTell: 'calls of models: they are in the usage export',
      evidence: 'documented: OpenAI API reference, audit logs, 2026',
    },
    knownBy: { effective_at: { exists: true }, type: { pattern: '*.*' }, 'actor.type': { exists: true } },
  },
);
