import type { Client, estypes } from '@elastic/elasticsearch';
import type { VerdictValue } from '../../alerts/verdict.ts';

/** What an analyst said of an alert where Elastic Security shows it. */
export interface ElasticVerdict {
  /** Our id of it. */
  readonly alert: string;
  readonly value: VerdictValue;
  readonly by: string;
  /** By the clock of Kibana, milliseconds since the epoch. */
  readonly at: number;
  readonly because: string;
}

export interface ReadVerdicts {
  readonly verdicts: readonly ElasticVerdict[];
  /** When the last one of the page was closed, with a verdict or without, milliseconds; undefined where there was none. */
  readonly until: number | undefined;
}

/**
 * Reasons that Elastic Security offers where an alert is closed, and tags that it offers for alerts. A duplicate says nothing, nor does one that was closed
 * without either. https://www.elastic.co/docs/api/doc/kibana/operation/operation-setalertsstatus, https://www.elastic.co/docs/api/doc/kibana/operation/operation-setalerttags
 */
const MEANING: ReadonlyMap<string, VerdictValue> = new Map([
  ['false_positive', 'benign'],
  ['benign_positive', 'benign'],
  ['true_positive', 'confirmed'],
]);

const STATUS = 'kibana.alert.workflow_status';
const CLOSED_AT = 'kibana.alert.workflow_status_updated_at';
const REASON = 'kibana.alert.workflow_reason';
const TAGS = 'kibana.alert.workflow_tags';
const USER = 'kibana.alert.workflow_user';
const OUR_ID = 'kibana.alert.original_event.id';
const OUR_MODULE = 'kibana.alert.original_event.module';

/** Alerts in one request. */
const PAGE = 1_000;
/** Longest name of a person, as the control stream takes it. */
const MOST_NAME = 200;
const TIMEOUT_MS = 10_000;

/** What was closed at `since` (milliseconds) or later, in that order, a page at a time. @throws the client's errors */
export async function* readVerdicts(
  client: Client,
  index: string,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<ReadVerdicts> {
  let after: estypes.SortResults | undefined;
  for (;;) {
    const { hits } = await client.search(
      { index, ...searchFor(since), ...(after && { search_after: after }) },
      { signal, requestTimeout: TIMEOUT_MS },
    );
    const found = hits.hits.map(({ fields = {} }) => ({ fields, at: Date.parse(textOf(fields[CLOSED_AT]) ?? '') }));
    yield {
      verdicts: found.flatMap(({ fields, at }) => verdictOf(fields, at) ?? []),
      until: found.findLast(({ at }) => Number.isFinite(at))?.at,
    };
    after = hits.hits.at(-1)?.sort;
    if (hits.hits.length < PAGE || after === undefined) return;
  }
}

const searchFor = (since: number): estypes.SearchRequest => ({
  ignore_unavailable: true, // Kibana makes it with the first alert
  size: PAGE,
  _source: false,
  fields: [OUR_ID, REASON, TAGS, USER, CLOSED_AT],
  query: {
    bool: {
      filter: [
        { term: { [STATUS]: 'closed' } },
        { term: { [OUR_MODULE]: 'wayward' } },
        { range: { [CLOSED_AT]: { gte: new Date(since).toISOString() } } },
      ],
    },
  },
  sort: [
    { [CLOSED_AT]: { order: 'asc', unmapped_type: 'date' } },
    { [OUR_ID]: { order: 'asc', unmapped_type: 'keyword' } },
  ],
});

function verdictOf(fields: Readonly<Record<string, unknown>>, at: number): ElasticVerdict | undefined {
  const alert = textOf(fields[OUR_ID]);
  if (alert === undefined || !Number.isFinite(at)) return undefined;
  const reason = textOf(fields[REASON]);
  // A reason counts; without one, tags do, of which one that somebody confirmed by is enough.
  const said = reason === undefined ? textsOf(fields[TAGS]) : [reason];
  const meant = said.flatMap((text) => MEANING.get(text.toLowerCase().replaceAll(' ', '_')) ?? []);
  const value = meant.includes('confirmed') ? 'confirmed' : meant[0];
  if (value === undefined) return undefined;
  const by = (textOf(fields[USER]) ?? 'somebody').slice(0, MOST_NAME);
  return {
    alert,
    value,
    by: `${by} in Elastic Security`,
    at,
    because: `closed in Elastic Security as ${value === 'benign' ? 'no misuse' : 'a true positive'}`,
  };
}

const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string' && text !== '');

const textOf = (value: unknown): string | undefined => textsOf(value)[0];
