import { ACTIVITY, ALERTS, INVENTORY, RESPONSE } from './data-views.ts';
import { NO_VERDICT } from './incident-terms.ts';
import { NOT_DONE } from './response-terms.ts';
import { type SavedSearch, savedSearch } from './saved-search.ts';

const ALERT_COLUMNS = [
  'event.severity',
  'message',
  'wayward.principal',
  'event.reason',
  'wayward.incident.state',
  'wayward.verdict.value',
];

export const NEEDS_A_LOOK = savedSearch('needs a look', {
  madeAs: 'open alerts',
  description: 'Incidents on which nobody has given a verdict yet, running or over, as they stand.',
  view: ALERTS,
  where: NO_VERDICT,
  columns: ALERT_COLUMNS,
});

export const ALL_ALERTS = savedSearch('alerts', {
  description: 'Every incident as it stands, running or over, with or without a verdict.',
  view: ALERTS,
  where: '',
  columns: ALERT_COLUMNS,
});

export const FIRST_SEEN = savedSearch('first seen', {
  description: 'Actions, networks and clients that a principal had never shown before.',
  view: ACTIVITY,
  where: 'event.action: "first-seen"',
  columns: ['wayward.principal', 'wayward.first_seen.kind', 'wayward.first_seen.value', 'source.ip'],
});

const RESPONSE_COLUMNS = [
  'event.action',
  'wayward.credential.id',
  'wayward.response.detail',
  'wayward.response.state',
  'wayward.response.decided_by',
  'event.reason',
];

export const RESPONSES = savedSearch('responses', {
  description: 'What was decided and done about credentials, by whom, and with what result.',
  view: RESPONSE,
  where: '',
  columns: RESPONSE_COLUMNS,
});

export const NOT_DONE_RESPONSES = savedSearch('responses not done', {
  description: 'What was refused by a guard, expired without an answer, or failed, with the reason.',
  view: RESPONSE,
  where: NOT_DONE,
  columns: RESPONSE_COLUMNS,
});

export const CREDENTIALS = savedSearch('credentials', {
  description: 'The registry, once a day.',
  view: INVENTORY,
  where: '',
  columns: [
    'wayward.credential.id',
    'gen_ai.agent.id',
    'wayward.slot',
    'wayward.credential.kind',
    'wayward.credential.owner',
    'wayward.credential.rotation_due_at',
    'wayward.credential.expires_at',
    'wayward.credential.last_used_at',
  ],
});

export const SEARCHES: readonly SavedSearch[] = [
  NEEDS_A_LOOK,
  ALL_ALERTS,
  FIRST_SEEN,
  RESPONSES,
  NOT_DONE_RESPONSES,
  CREDENTIALS,
];
