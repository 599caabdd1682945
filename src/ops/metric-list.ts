/** What there is to know about one metric, for Prometheus, the documentation and the health stream. */
export interface MetricDefinition {
  readonly name: `wayward_${string}`;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Their values come from code or configuration, never from a record: so there are few. */
  readonly labels?: readonly string[];
  /** Of several numbers with equal labels the greatest counts, not the sum. */
  readonly greatest?: true;
  /** Its name as `wayward.health.metric`, where it is a part of the health stream. */
  readonly health?: string;
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
}

const DELAYS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];
const CALLS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

/** Every metric of Wayward, one line of the documentation each. Names are stable: dashboards and alert rules hold them. */
export const METRICS = {
  records: {
    name: 'wayward_records_total',
    kind: 'counter',
    help: 'Records read, by source: the path or topic in wayward.yaml.',
    labels: ['source'],
    health: 'records',
  },
  events: {
    name: 'wayward_events_total',
    kind: 'counter',
    help: 'Records that became events.',
    health: 'events',
  },
  ignored: {
    name: 'wayward_ignored_total',
    kind: 'counter',
    help: 'Records that are no use of a credential, such as a connection line.',
    labels: ['reason'],
    health: 'ignored',
  },
  deadLetters: {
    name: 'wayward_dead_letters_total',
    kind: 'counter',
    help: 'Records that could not be used.',
    labels: ['reason'],
    health: 'dead_letters',
  },
  proofs: {
    name: 'wayward_identities_total',
    kind: 'counter',
    help: 'Events that name an identity, by what proves it, and failed logins: docs/threat-model.md has the list. On Kafka by partition, too.',
    labels: ['source', 'partition', 'by'],
  },
  statements: {
    name: 'wayward_statements_total',
    kind: 'counter',
    help: 'SQL statements whose objects were read from their text, by a parser of the language or, where it did not take them, by keywords.',
    labels: ['by'],
  },
  foreign: {
    name: 'wayward_foreign_messages_total',
    kind: 'counter',
    help: "Messages on Wayward's own topics that no Wayward wrote; passed over, with a line in the log.",
    labels: ['topic'],
  },
  unattributed: {
    name: 'wayward_unattributed_total',
    kind: 'counter',
    help: 'Events that count for no agent: rejected, unproven, or without an identity.',
  },
  disordered: {
    name: 'wayward_disordered_total',
    kind: 'counter',
    help: 'Events out of order: behind (after their turn; observed at their own time), late (after later ones of their principal; not counted), late_peer (of those behind, the ones of members of peer groups), overflow (too many were held).',
    labels: ['reason'],
    health: 'disordered',
  },
  lost: {
    name: 'wayward_lost_total',
    kind: 'counter',
    help: 'Messages of a topic that were deleted before they were read, and logs of which the rest was gone before it was read; each range is a dead letter, too.',
    labels: ['source'],
    health: 'lost',
  },
  alerts: {
    name: 'wayward_alerts_total',
    kind: 'counter',
    help: 'Severities reached by alerts: one that rises from low to high counts under both.',
    labels: ['severity'],
    health: 'alerts',
  },
  suppressed: {
    name: 'wayward_suppressed_total',
    kind: 'counter',
    help: 'What was kept quiet: exception, repeated (told already), observing (of a detector of the stage observe), alert-full (more than an alert holds), first-seen (more than are shown a day).',
    labels: ['reason'],
    health: 'suppressed',
  },
  lag: {
    name: 'wayward_lag_records',
    kind: 'gauge',
    help: 'Messages of a partition that are not yet processed.',
    labels: ['topic', 'partition'],
    health: 'lag',
  },
  watermarkDelay: {
    name: 'wayward_watermark_delay_seconds',
    kind: 'gauge',
    help: 'How far detection is behind the clock on the wall; absent until something was read.',
    greatest: true,
    health: 'watermark_delay_seconds',
  },
  alertLatency: {
    name: 'wayward_alert_latency_seconds',
    kind: 'histogram',
    help: 'From the time of the event that raised the severity until the alert was handed over; a backlog counts with its age.',
    buckets: DELAYS,
  },
  delivery: {
    name: 'wayward_delivery_seconds',
    kind: 'histogram',
    help: 'One delivery to a sink, retries included.',
    buckets: CALLS,
  },
  heldBack: {
    name: 'wayward_delivery_held_back',
    kind: 'gauge',
    help: 'Alerts that wait because of alerts_per_minute; delivered after.',
    labels: ['sink'],
    health: 'held_back',
  },
  retrying: {
    name: 'wayward_delivery_retrying',
    kind: 'gauge',
    help: '1 while a sink does not take what is tried again and again.',
    labels: ['sink'],
  },
  outgoing: {
    name: 'wayward_outgoing_waiting',
    kind: 'gauge',
    help: 'Without Kafka: what waits in the local store for a sink, alert or document.',
    labels: ['sink', 'kind'],
  },
  outgoingDropped: {
    name: 'wayward_outgoing_dropped_total',
    kind: 'counter',
    help: 'Without Kafka: documents beside alerts that were dropped, since too many waited for the sink.',
    labels: ['sink'],
  },
  principals: {
    name: 'wayward_principals',
    kind: 'gauge',
    help: 'Principals with a baseline in this process.',
    health: 'principals',
  },
  stateBytes: {
    name: 'wayward_state_bytes',
    kind: 'gauge',
    help: 'Bytes of the baselines of these principals.',
    health: 'state_bytes',
  },
  restore: {
    name: 'wayward_restore_seconds',
    kind: 'gauge',
    help: 'How long the last restore of state took.',
    greatest: true,
    health: 'restore_seconds',
  },
  transactions: {
    name: 'wayward_transactions_total',
    kind: 'counter',
    help: 'Kafka transactions: committed, aborted, fenced (another process had taken over).',
    labels: ['outcome'],
  },
  responseSteps: {
    name: 'wayward_response_steps_total',
    kind: 'counter',
    help: 'Steps of response that have ended: verified, called (nobody can be asked for a proof), failed, expired.',
    labels: ['state'],
  },
  responseWaiting: {
    name: 'wayward_response_waiting',
    kind: 'gauge',
    help: 'Steps of response that are not done: planned (waits for a person), approved, calling, called.',
    labels: ['state'],
  },
  breakerOpen: {
    name: 'wayward_breaker_open',
    kind: 'gauge',
    help: '1 while the breaker of automatic response is open.',
    greatest: true,
    health: 'breaker_open',
  },
  misuseGoesOn: {
    name: 'wayward_misuse_goes_on',
    kind: 'gauge',
    help: 'Credentials that are misused after every step of their `revoke:` was made; until a person closes the alert, or restores them.',
    greatest: true,
  },
  issuersDown: {
    name: 'wayward_issuer_circuit_open',
    kind: 'gauge',
    help: '1 while an issuer is left alone because its last calls failed.',
    labels: ['issuer'],
    greatest: true,
  },
  halted: {
    name: 'wayward_halted',
    kind: 'gauge',
    help: '1 while wayward halt has stopped all automatic response.',
    greatest: true,
  },
  approvalLinks: {
    name: 'wayward_approval_links_total',
    kind: 'counter',
    help: 'Requests to links of approvals: shown, approved, refused (by a person); what changed nothing: forged (no link of ours), cross-site, unusable (no decision and name), halted, late, decided (before), unanswered (no responder).',
    labels: ['outcome'],
  },
  silentDetectors: {
    name: 'wayward_detectors_silent',
    kind: 'gauge',
    help: '1 for each detector that can find nothing, and why: no-test-fires, exceptions (they leave out everybody); nobody (its for: matches no credential of the registry), not-declared (the registry has nothing that it judges), not-in-logs (no event has what it needs).',
    labels: ['reason'],
    greatest: true,
    health: 'detectors_silent',
  },
  configStale: {
    name: 'wayward_config_stale',
    kind: 'gauge',
    help: '1 while wayward.yaml, the registry or the detectors on the disk differ from what runs.',
    greatest: true,
    health: 'config_stale',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
