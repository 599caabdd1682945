import type { Client } from '@elastic/elasticsearch';
import { expect, test } from 'vitest';
import { commandSchema } from '../../../src/operator/command.ts';
import { verdictCommand } from '../../../src/pipeline/kafka/verdict-commands.ts';
import { type ElasticVerdict, readVerdicts } from '../../../src/sinks/elasticsearch/verdicts.ts';
import { Store } from '../../../src/sinks/store.ts';
import { saveAlert, saveClosing } from '../../../src/sinks/store-alerts.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { alertOf } from '../../response/alert-of.ts';

const AT = Date.UTC(2026, 10, 30, 12);
const hit = (
  id: string,
  more: Record<string, unknown[]> = {},
  at: string | undefined = new Date(AT).toISOString(),
) => ({
  fields: {
    'kibana.alert.original_event.id': [id],
    ...(at !== undefined && { 'kibana.alert.workflow_status_updated_at': [at] }),
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`kibana.alert.workflow_${name}`, value])),
  },
  sort: [AT, id],
});

/** Reads pages of hits, as a client would get them. */
async function read(...pages: (readonly ReturnType<typeof hit>[])[]) {
  const asked: Record<string, unknown>[] = [];
  const search = async (request: Record<string, unknown>) => {
    asked.push(request);
    return { hits: { hits: pages[asked.length - 1] ?? [] } };
  };
  const verdicts: ElasticVerdict[] = [];
  const { signal } = new AbortController();
  const client = { search } as unknown as Client;
  for await (const page of readVerdicts(client, '.alerts', AT - 1_000, signal)) verdicts.push(...page.verdicts);
  return { asked, verdicts };
}
const saidOf = async (more: Record<string, unknown[]>) => (await read([hit('a', more)])).verdicts[0]?.value;

test.each([
  [{ reason: ['false_positive'] }, 'benign'],
  [{ reason: ['benign_positive'] }, 'benign'],
  [{ reason: ['true_positive'] }, 'confirmed'],
  [{ tags: ['False Positive'] }, 'benign'],
  [{ tags: ['shift-2', 'True Positive'] }, 'confirmed'],
  [{ reason: ['true_positive'], tags: ['False Positive'] }, 'confirmed'],
  [{ reason: ['duplicate'], tags: ['False Positive'] }, undefined],
  [{ reason: ['automated_closure'] }, undefined],
  [{ reason: ['other'] }, undefined],
  [{ tags: ['Duplicate', 'Further investigation required'] }, undefined],
  [{}, undefined],
])('what %j means', async (more, value) => {
  expect(await saidOf(more)).toBe(value);
});

test('says who and when; what has no time, or names no alert, is none', async () => {
  const { verdicts } = await read([
    hit('a', { reason: ['true_positive'], user: ['u_ann'] }),
    hit('b', { reason: ['true_positive'] }, 'yesterday'),
    { ...hit('', { reason: ['true_positive'] }) },
  ]);
  expect(verdicts).toEqual([
    { alert: 'a', value: 'confirmed', by: 'u_ann in Elastic Security', at: AT, because: expect.any(String) },
  ]);
});

test('reads page after page, however many were closed at once', async () => {
  const page = Array.from({ length: 1_000 }, (_, at) => hit(`alert-${at}`, { reason: ['false_positive'] }));
  const { asked, verdicts } = await read(page, page.slice(0, 10));
  expect(verdicts).toHaveLength(1_010);
  expect(asked.map((request) => request.search_after)).toEqual([undefined, [AT, 'alert-999']]);
});

test('on Kafka a verdict is a word once: with the same id wherever it is said, and none where it changes nothing', () => {
  const store = new Store(temporaryFolder());
  saveAlert(store, alertOf());
  const verdict: ElasticVerdict = { alert: 'alert-1', value: 'benign', by: 'u_ann', at: AT, because: 'closed' };
  const word = verdictCommand(verdict, store);
  expect(commandSchema.parse(word)).toMatchObject({ say: 'close', verdict: 'benign', alert: { id: 'alert-1' } });
  expect(verdictCommand({ ...verdict }, store)?.id).toBe(word?.id);
  expect(verdictCommand({ ...verdict, at: AT + 1 }, store)?.id).not.toBe(word?.id);
  expect(verdictCommand({ ...verdict, alert: 'of another Wayward' }, store)).toBeUndefined();
  saveClosing(store, { alert: 'alert-1', verdict: 'confirmed', because: 'a theft', by: 'bob', at: AT + 5 });
  expect(verdictCommand(verdict, store)).toBeUndefined(); // bob spoke later
  expect(verdictCommand({ ...verdict, value: 'confirmed', at: AT + 9 }, store)).toBeUndefined();
  expect(verdictCommand({ ...verdict, at: AT + 9 }, store)).toMatchObject({ verdict: 'benign' });
  store.close();
});
