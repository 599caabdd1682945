/** Wayward's own topics. */
export const EVENTS = 'wayward.events';
/** Compacted: where the reader of each raw partition stands. */
export const INGEST = 'wayward.ingest';
/** Compacted: what detection of each events partition has learned, and how far it has come. */
export const STATE = 'wayward.state';
export const ALERTS = 'wayward.alerts';
/** Everything beside alerts that goes to Elasticsearch. */
export const DOCUMENTS = 'wayward.documents';
export const DEAD_LETTERS = 'wayward.dead-letters';
/** What people say: closings, halt, approvals. */
export const CONTROL = 'wayward.control';
/** What the responder did and knows: its changelog. */
export const RESPONSE = 'wayward.response';
