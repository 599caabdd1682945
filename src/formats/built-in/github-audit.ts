import { described } from './described.ts';

/** GitHub audit log of an organisation or enterprise: streamed, exported, or read through the API; with API requests where they are switched on. */
export const githubAudit = described(
  {
    id: 'github-audit',
    title: 'GitHub audit log',
    dataset: 'github.audit',
    time: { field: ['@timestamp', 'created_at'], unit: 'ms' },
    action: ['api {request_method} {path(url_path)}', '{action} {repo}', 'action'],
    result: [
      { field: 'action', rejected: ['*failed_login*', '*login_failed*', '*.failed_authentication*'] },
      { field: 'status_code', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
    ],
    identities: {
      credential_id: ['token_id', 'programmatic_access_id', 'deploy_key_fingerprint'],
      client_id: ['oauth_application_id', 'application_client_id', 'integration'],
      jwt_sub: 'actor',
    },
    proof: 'verified',
    source_ip: 'actor_ip',
    client: 'user_agent',
    status: 'status_code',
    service: 'org',
  },
  {
    proof: 'GitHub writes `actor` and `token_id` of a token that it has checked; a failed login is rejected',
    about: {
      switchOn: 'streaming of the audit log, with API requests and source addresses switched on',
      cannotTell: 'denied requests of the web; what was read in a repository',
      evidence: 'documented: GitHub, audit log events',
    },
    knownBy: { action: { exists: true }, actor: { exists: true }, _document_id: { exists: true } },
  },
);
