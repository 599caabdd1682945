import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialUse } from '../src/event.ts';
import type { Parsed } from '../src/formats/format.ts';
import { formats } from '../src/formats/registry.ts';

const GOLDEN = join(import.meta.dirname, '..', 'test', 'fixtures', 'golden');

/** Fields of an event that a format may leave empty, by the names that alerts and Elasticsearch have. */
const FIELDS = {
  sourceIp: 'source.ip',
  client: 'user_agent.original',
  bytes: 'http.response.body.bytes',
  rows: 'wayward.db.rows',
  spent: 'gen_ai.usage',
  status: 'http.response.status_code',
  path: 'url.path',
  statement: 'wayward.db.statement',
  service: 'service.name',
  traceId: 'trace.id',
  session: 'wayward.session',
} as const satisfies Partial<Record<keyof CredentialUse, string>>;

interface Kept {
  events: number;
  others: number;
  readonly fields: Set<string>;
}

const isHeld = (value: unknown): boolean => value !== undefined && value !== null && value !== 0 && value !== '';

/** What the golden files hold of each format, by its id. */
function kept(): Map<string, Kept> {
  const all = new Map<string, Kept>();
  for (const name of readdirSync(GOLDEN)) {
    const results = JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')) as Parsed[];
    const events = results.filter((result): result is CredentialUse => 'action' in result);
    const id = events[0]?.format ?? '';
    const found = all.get(id) ?? { events: 0, others: 0, fields: new Set() };
    found.events += events.length;
    found.others += results.length - events.length;
    for (const event of events) {
      for (const { key } of event.identities) found.fields.add(key);
      for (const [field, shown] of Object.entries(FIELDS))
        if (isHeld(event[field as keyof typeof FIELDS])) found.fields.add(shown);
    }
    all.set(id, found);
  }
  return all;
}

/** A row for each format: against what it was written, and what its golden events hold. */
export function goldenRows(): string[][] {
  const all = kept();
  return formats.map(({ id, about }) => {
    const { events = 0, others = 0, fields = [] } = all.get(id) ?? {};
    const named = [...fields].sort().map((field) => `\`${field}\``);
    return [`\`${id}\``, about?.evidence ?? '', named.join(', '), `${events}`, `${others}`];
  });
}
