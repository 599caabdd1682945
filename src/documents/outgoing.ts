/** The data streams beside alerts: what was observed, what is held, what was done, and how Wayward itself is. */
export type Stream = 'activity' | 'inventory' | 'response' | 'health';

/** A document on its way to Elasticsearch. The same id is the same document: it is indexed once. */
export interface OutgoingDocument {
  readonly stream: Stream;
  readonly id: string;
  /** ECS, nested. */
  readonly document: Readonly<Record<string, unknown>>;
}
