import { hookBatches } from '../hook-batches.ts';
import { described } from './described.ts';

/** Why a client that was authenticated got no token, and an administrator nothing. */
const NOT_ALLOWED = [
  'access_denied',
  'invalid_scope',
  'no_matching_*',
  '*permission*',
  '*not authorized*',
  '*not allowed*',
];
/** Only who is logged in comes to do these. */
const MANAGEMENT = [
  'group.*',
  'application.*',
  'user.lifecycle.*',
  'policy.lifecycle.*',
  'policy.rule.*',
  'zone.*',
  'iam.*',
];

/** Okta System Log, as its API and event hooks give it. A failed login names the account that somebody tried. */
export const oktaSystemLog = described(
  {
    id: 'okta-system-log',
    title: 'Okta System Log',
    dataset: 'okta.system',
    time: { field: 'published', unit: 'iso' },
    action: 'eventType',
    result: [
      // The client was who it said it was.
      { is: 'denied', when: { 'outcome.result': 'FAILURE', 'outcome.reason': NOT_ALLOWED } },
      { is: 'error', when: { 'outcome.result': 'FAILURE', eventType: MANAGEMENT } },
      { field: 'outcome.result', denied: ['DENY'], rejected: ['FAILURE'], success: ['SUCCESS', 'ALLOW'] },
    ],
    identities: {
      client_id: { field: 'actor.id', when: { 'actor.type': { not: ['User', 'SystemPrincipal'] } } },
      jwt_sub: { field: 'actor.id', when: { 'actor.type': 'User' } },
    },
    // A failure that names whom somebody tried to be is rejected.
    proof: [{ is: 'verified', when: { 'outcome.result': ['SUCCESS', 'ALLOW', 'DENY', 'FAILURE'] } }],
    source_ip: 'client.ipAddress',
    client: 'client.userAgent.rawUserAgent',
    session: 'authenticationContext.externalSessionId',
    trace_id: 'debugContext.debugData.traceId',
  },
  {
    proof:
      'an outcome of SUCCESS, ALLOW or DENY; FAILURE is rejected, and names whom somebody tried to be, but for want of a right or in administration',
    about: {
      switchOn: 'nothing: `GET /api/v1/logs`, an event hook or log streaming',
      cannotTell: 'which client secret was used',
      evidence: 'documented: Okta, System Log API',
    },
    knownBy: [
      { published: { exists: true }, eventType: { exists: true }, 'outcome.result': { exists: true } },
      { eventType: 'com.okta.event_hook', 'data.events': { exists: true } },
    ],
    batches: hookBatches,
  },
);
