/** The topics that Wayward keeps for itself, by what they hold. */
const TOPICS = {
  events: 'wayward.events',
  /** Compacted: where the reader of each raw partition stands. */
  ingest: 'wayward.ingest',
  /** Compacted: what detection of each events partition has learned, and how far it has come. */
  state: 'wayward.state',
  alerts: 'wayward.alerts',
  /** Everything beside alerts that goes to Elasticsearch. */
  documents: 'wayward.documents',
  deadLetters: 'wayward.dead-letters',
  /** What people say: closings, halt, approvals. */
  control: 'wayward.control',
  /** What the responder did and knows: its changelog. */
  response: 'wayward.response',
} as const;

const CLIENTS = {
  ingest: 'wayward-ingest',
  detect: 'wayward-detect',
  deliver: 'wayward-deliver',
  respond: 'wayward-respond',
  /** Reads outside any sharing, each under a random name. */
  reader: 'wayward-reader',
} as const;

export type OwnTopics = Readonly<Record<keyof typeof TOPICS, string>>;

/** What one Wayward calls its own on a cluster: another prefix is another Wayward. */
export interface OwnNames {
  readonly prefix: string;
  readonly topics: OwnTopics;
  /** What the name of each of its topics begins with. */
  readonly topicsBegin: string;
  /** The consumer group of a role; with a part, the transactional id of whoever writes for that part of its input. */
  id(client: keyof typeof CLIENTS, part?: string | number): string;
}

/** `prefix` is `kafka.prefix`. */
export function ownNames(prefix: string): OwnNames {
  const topics = Object.fromEntries(Object.entries(TOPICS).map(([key, name]) => [key, `${prefix}${name}`]));
  return {
    prefix,
    topics: topics as OwnTopics,
    topicsBegin: `${prefix}wayward.`,
    id: (client, part) => `${prefix}${CLIENTS[client]}${part === undefined ? '' : `-${part}`}`,
  };
}

const ALL_TOPICS = Object.values(TOPICS);
export const LONGEST_PREFIX = 249 - Math.max(...ALL_TOPICS.map((name) => name.length));

/** The prefix of the Wayward whose topic it is, going by its name; undefined for any other topic. */
export function prefixOf(topic: string): string | undefined {
  const own = ALL_TOPICS.find((name) => topic.endsWith(name));
  return own && topic.slice(0, -own.length);
}

/** Those of the other Waywards whose topics are there. */
export const otherPrefixes = ({ prefix }: OwnNames, there: readonly string[]): string[] =>
  [...new Set(there.flatMap((topic) => prefixOf(topic) ?? []))].filter((other) => other !== prefix).sort();

/** With an own name in a prefix, the names of two Waywards could be the same. */
export const holdsOwnName = (prefix: string): boolean =>
  [...ALL_TOPICS, ...Object.values(CLIENTS)].some((name) => prefix.includes(name));
