import { described } from './described.ts';

/** Anthropic's Compliance API, activity feed, as its pages or line by line. An actor that is not authenticated names whom somebody tried to be. */
export const anthropicCompliance = described(
  {
    id: 'anthropic-compliance',
    title: 'Anthropic, Compliance API activities',
    dataset: 'anthropic.compliance',
    time: { field: 'created_at', unit: 'iso' },
    action: '{type}',
    result: [
      { field: 'actor.type', rejected: ['unauthenticated*'] },
      { field: 'type', rejected: ['*login_failed', '*_failed_login'], error: ['*_failed'] },
    ],
    identities: {
      credential_id: ['actor.api_key_id', 'actor.admin_api_key_id'],
      client_id: ['actor.user_id', 'actor.service_account_id', 'actor.unauthenticated_email_address'],
    },
    proof: [
      {
        is: 'verified',
        when: { 'actor.type': ['user_actor', 'api_actor', 'admin_api_key_actor', 'service_account_actor'] },
      },
    ],
    source_ip: 'actor.ip_address',
    client: 'actor.user_agent',
    service: ['workspace_id', 'organization_id'],
  },
  {
    proof: '`actor.type` of a user or key; `unauthenticated_user_actor` is rejected',
    about: {
      switchOn: 'the Compliance API, on request; `GET /v1/compliance/activities` with a compliance access key',
      cannotTell: 'calls of models: they are in the usage report',
      evidence: 'documented: Claude platform, Compliance API activity feed, 2026',
    },
    knownBy: { 'actor.type': { pattern: '*_actor' }, created_at: { exists: true }, type: { exists: true } },
  },
);
