import { createHash } from 'node:crypto';
import { ECS_VERSION } from '../ecs.ts';
import type { OutgoingDocument, Stream } from './outgoing.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Longest text in a document, UTF-16 code units: what a person reads, and what an index takes. */
const MOST_TEXT = 1_024;
const CONTROL = /\p{Cc}/gu;

/** The same parts are the same document, whoever makes it: 128 bits of SHA-256, hex. */
export const idOf = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/** UTC with milliseconds and Z; undefined for what no index takes: beyond the years 0 to 9999. */
export const iso = (time: number | undefined): string | undefined => {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  return text.length === 'YYYY-MM-DDTHH:MM:SS.sssZ'.length ? text : undefined;
};

/** The registry's name for the agent; absent where nobody registered it. */
export const agentFields = (agent: string | undefined): Fields | undefined =>
  agent === undefined ? undefined : { agent: { id: agent, name: agent } };

/**
 * A document from fields of which some may be undefined. `fields.event` is completed; text is cut and freed of control
 * characters, since some of it was chosen by whoever holds a credential. Keys are ours and never come from data.
 */
export const makeDocument = (
  stream: Stream,
  id: string,
  time: string | undefined,
  { event, ...fields }: Fields & { readonly event: Fields },
): OutgoingDocument => {
  const document = {
    '@timestamp': time,
    ecs: { version: ECS_VERSION },
    event: { ...event, module: 'wayward', dataset: `wayward.${stream}`, id },
    ...fields,
  };
  return { stream, id, document: clean(document) as Fields };
};

/** Without undefined, without numbers that JSON lacks, without empty objects. */
const clean = (value: unknown): unknown => {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, clean(inner)] as const);
  const kept = entries.filter(([, inner]) => inner !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};

const text = (value: string): string => value.slice(0, MOST_TEXT).toWellFormed().replace(CONTROL, ' ');
