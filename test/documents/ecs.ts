import { expect } from 'vitest';
import type { OutgoingDocument } from '../../src/documents/outgoing.ts';

/** What ECS 9 allows: https://www.elastic.co/docs/reference/ecs/ecs-category-field-values-reference */
const KINDS = ['alert', 'asset', 'enrichment', 'event', 'metric', 'state', 'pipeline_error', 'signal'];
const OUTCOMES = ['failure', 'success', 'unknown'];
const TYPES_OF_IAM = ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'];

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const LONGEST = 1_024;
/** Fields that hold a time. */
const TIMES = /^@timestamp$|_at$/;

interface Event {
  readonly kind: string;
  readonly category?: readonly string[];
  readonly type?: readonly string[];
  readonly outcome?: string;
  readonly [field: string]: unknown;
}

/** Checks all that every document beside alerts must be, whatever it says. */
export const expectEcs = ({ stream, id, document }: OutgoingDocument): void => {
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  const event = document['event'] as Event;
  expect(event).toMatchObject({ id, module: 'wayward', dataset: `wayward.${stream}` });
  expect(KINDS).toContain(event.kind);
  if (event.outcome !== undefined) expect(OUTCOMES).toContain(event.outcome);
  if (event.category !== undefined) expect(event.category).toEqual(['iam']);
  for (const type of event.type ?? []) expect(TYPES_OF_IAM).toContain(type);
  expect(document['@timestamp']).toMatch(TIME);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  expectPlain(document);
};

const expectPlain = (value: unknown, key = ''): void => {
  if (Array.isArray(value)) {
    for (const item of value) expectPlain(item, key);
  } else if (typeof value === 'object' && value !== null) {
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value).length).toBeGreaterThan(0);
    for (const [inner, held] of Object.entries(value)) {
      expect(inner).toMatch(/^@timestamp$|^[a-z_]+$/);
      expectPlain(held, inner);
    }
  } else if (typeof value === 'string') {
    expect(value.length).toBeLessThanOrEqual(LONGEST);
    expect(value.isWellFormed()).toBe(true);
    expect(value).not.toMatch(/\p{Cc}/u);
    if (TIMES.test(key)) expect(value).toMatch(TIME);
  } else {
    expect(['number', 'boolean']).toContain(typeof value);
    if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  }
};
