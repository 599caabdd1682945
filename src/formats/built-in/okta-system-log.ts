import { described } from './described.ts';

/** Okta System Log, as its API and event hooks give it. A failed login names the account that somebody tried. */
export const oktaSystemLog = described(
  {
    id: 'okta-system-log',
    title: 'Okta System Log',
    dataset: 'okta.system',
    time: { field: 'published', unit: 'iso' },
    action: 'eventType',
    result: [{ field: 'outcome.result', denied: ['DENY'], rejected: ['FAILURE'], success: ['SUCCESS', 'ALLOW'] }],
    identities: {
      client_id: { field: 'actor.id', when: { 'actor.type': { not: ['User', 'SystemPrincipal'] } } },
      jwt_sub: { field: 'actor.id', when: { 'actor.type': 'User' } },
    },
    proof: [{ is: 'verified', when: { 'outcome.result': ['SUCCESS', 'ALLOW', 'DENY'] } }],
    source_ip: 'client.ipAddress',
    client: 'client.userAgent.rawUserAgent',
    session: 'authenticationContext.externalSessionId',
    trace_id: 'debugContext.debugData.traceId',
  },
  {
    proof: 'an outcome of SUCCESS, ALLOW or DENY; FAILURE is rejected, and names whom somebody tried to be',
    about: {
      switchOn: 'nothing: `GET /api/v1/logs`, an event hook or log streaming',
      cannotTell: 'which client secret was used',
      evidence: 'documented: Okta, System Log API',
    },
    knownBy: { published: { exists: true }, eventType: { exists: true }, 'outcome.result': { exists: true } },
  },
);
