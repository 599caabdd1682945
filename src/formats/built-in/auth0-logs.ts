import { described } from './described.ts';

/** A field of a log event, also where a stream has put it into `data`. */
const of = (name: string): string[] => [name, `data.${name}`];

/**
 * Auth0's tenant logs, from its API or a log stream. Types that begin with `s` are successes, with `f` failures, which name whom somebody tried to
 * be; `seccft` is a client that got a token for itself.
 */
export const auth0Logs = described(
  {
    id: 'auth0-logs',
    title: 'Auth0, tenant logs',
    dataset: 'auth0.logs',
    time: { field: of('date'), unit: 'iso' },
    action: ['{type} {audience}', '{data.type} {data.audience}', '{type}', '{data.type}'],
    result: [{ field: of('type'), error: ['api_limit*'], rejected: ['f*', 'limit_*', 'pwd_leak', 'w', 'mfar'] }],
    identities: { client_id: of('client_id'), jwt_sub: of('user_id') },
    proof: [
      { is: 'verified', when: { type: 's*' } },
      { is: 'verified', when: { 'data.type': 's*' } },
    ],
    source_ip: of('ip'),
    client: of('user_agent'),
    service: [...of('audience'), ...of('tenant_name')],
    session: of('session_connection'),
  },
  {
    proof: 'a type that begins with `s`; `f…` is rejected, anything else unproven',
    about: {
      switchOn: 'a log stream, or `GET /api/v2/logs`',
      cannotTell: 'what a token was used for; a denied operation of the management API from a failed login',
      evidence: 'documented: Auth0, log event type codes, 2026',
    },
    knownBy: [
      { log_id: { exists: true }, type: { exists: true }, date: { exists: true }, client_id: { pattern: '*' } },
      { log_id: { exists: true }, 'data.type': { exists: true }, 'data.date': { exists: true } },
    ],
  },
);
