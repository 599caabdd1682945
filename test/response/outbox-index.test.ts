import { expect, test } from 'vitest';
import { DUE, OVERDUE } from '../../src/response/outbox.ts';
import { STEPS } from '../../src/response/outbox-row.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

/** How SQLite looks for it, a line each; sorting and the rows that were found are no concern. */
const searches = ({ state }: TestResponse, sql: string, ...values: (string | number | null)[]): string[] =>
  state
    .all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    .map(({ detail }) => String(detail))
    .filter((detail) => /outbox/.test(detail));

test('what is due, overdue or asked again is found by an index alone, however much waits', () => {
  const response = responseOf({}, [credentialOf()]);
  expect(searches(response, DUE, 'notify', NOW, null)).toEqual([
    'SEARCH outbox USING PRIMARY KEY (key=?)',
    'SEARCH outbox USING COVERING INDEX outbox_to_make (action=?)',
    'SEARCH outbox USING COVERING INDEX outbox_pages (action=? AND due_at<?)',
  ]);
  expect(searches(response, `${STEPS} WHERE ${OVERDUE}`, NOW)).toEqual([
    'SEARCH outbox USING INDEX outbox_overdue (state=? AND expires_at<?)',
  ]);
  expect(searches(response, `${STEPS} WHERE again_at <= ?`, NOW)).toEqual([
    'SEARCH outbox USING INDEX outbox_to_ask (again_at<?)',
  ]);
});

const notice = (key: string, kind: 'notice' | 'page' = 'notice', position = 0) => {
  const about = { credential: '', agent: '', peerGroup: '', detail: '{}', eventAt: undefined, expiresAt: undefined };
  return {
    ...about,
    key,
    cause: key,
    action: 'notify',
    kind,
    origin: 'alert',
    position,
    decidedBy: 'automatic',
  } as const;
};

test('a page that comes after thousands of notices is due before them, also one that an earlier version put there', () => {
  const { outbox, state } = responseOf({}, [credentialOf()]);
  state.transaction(() => {
    for (let at = 0; at < 5_000; at++) outbox.add(notice(`notice-${at}`), NOW + at);
    outbox.add(notice('page', 'page'), NOW + 6_000);
    outbox.add(notice('earlier', 'notice', 100), NOW + 7_000);
  });
  state.run("UPDATE outbox SET kind = NULL, origin = NULL, waits = NULL WHERE key = 'earlier'");
  const due = outbox.due('notify', NOW + 10_000).map(({ key }) => key);
  expect(due.slice(0, 3)).toEqual(['page', 'earlier', 'notice-0']);
  expect(due).toHaveLength(200);
  expect(outbox.due('notify', NOW + 10_000, 'notice-9').map(({ key }) => key)).toEqual(['notice-9']);
});

test('what is put off, ended or waits for a person is not due', () => {
  const { outbox } = responseOf({}, [credentialOf()]);
  for (const key of ['later', 'ended', 'now']) outbox.add(notice(key), NOW);
  outbox.add({ ...notice('waits'), decidedBy: undefined, expiresAt: NOW + 1 }, NOW);
  outbox.postpone('later', NOW + 1, 'no answer');
  outbox.finish('ended', 'called', 'took it', NOW);
  expect(outbox.due('notify', NOW).map(({ key }) => key)).toEqual(['now']);
  expect(outbox.overdue(NOW)).toEqual([]);
  expect(outbox.overdue(NOW + 1).map(({ key }) => key)).toEqual(['waits']);
});
