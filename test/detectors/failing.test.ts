import { expect, test } from 'vitest';
import { PROOF } from '../../src/proof.ts';
import { DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';

/** What fails: a loop that never gives up is told, a retry storm and a server that is down are not. */

const SECOND = 1_000;
const MORNING = MONDAY + 21 * DAY + 10 * HOUR;

/** Three weeks of office hours, each day with forty calls at once, as agents have them. */
const atWork = (every = 5, last: Parameters<Watched['use']>[1] = {}): Watched => {
  const watched = new Watched();
  for (let day = MONDAY; day < MONDAY + 21 * DAY; day += DAY) {
    watched.burst(day + 8 * HOUR, 40, SECOND);
    watched.work(day, { from: 9, to: 17, every });
    watched.use(day + 17 * HOUR, last);
  }
  return watched;
};

const detectorsOf = ({ worth }: Watched): string[] =>
  worth.flatMap(({ findings }) => findings.map(({ detector }) => detector));

test('thousands of failures in a row are told, whether the caller or the server is to blame', () => {
  for (const status of [404, 500, 503]) {
    const watched = atWork();
    watched.burst(MORNING, 5_000, 110, { result: 'error', status });
    expect(detectorsOf(watched), String(status)).toContain('error-burst');
  }
});

test('a storm of fifty retries is a bad minute', () => {
  for (const status of [undefined, 404, 503]) {
    const watched = atWork();
    watched.burst(MORNING, 50, SECOND, { result: 'error', ...(status && { status }) });
    expect(watched.worth, String(status)).toEqual([]);
  }
});

test.each([0.25, 1, 5])(
  'an hour in which all of its work and its retries fail is an outage: every %s minutes',
  (every) => {
    const watched = atWork(every);
    for (let time = MORNING; time < MORNING + HOUR; time += every * MINUTE)
      watched.burst(time, 3, 2 * SECOND, { result: 'error', status: 503 });
    expect(watched.worth).toEqual([]);
  },
);

test('deletions that fail have deleted nothing; as many that succeed are told', () => {
  const deletion = { action: 'DELETE public.notes' };
  const deletions = (fields: Parameters<Watched['use']>[1]): string[] => {
    const watched = atWork(5, deletion);
    watched.burst(MORNING, 48, SECOND, { ...deletion, ...fields });
    return detectorsOf(watched);
  };
  expect(deletions({ result: 'error' })).toEqual([]);
  expect(deletions({})).toContain('action-burst');
});

test('who asks for what is not there has the credential, too: from elsewhere with another client, the third time', () => {
  const elsewhere = { result: 'error', status: 404, sourceIp: '203.0.113.9', client: 'curl/8' } as const;
  const after = (times: number, fields: Parameters<Watched['use']>[1] = {}): string[] => {
    const watched = atWork();
    watched.burst(MORNING, times, 30 * SECOND, { ...elsewhere, ...fields });
    return detectorsOf(watched);
  };
  expect(after(3)).toEqual(['new-source']);
  expect(after(2)).toEqual([]);
  // Alone, another network is a move.
  expect(after(8, { client: 'agent/1.0' })).toEqual([]);
  expect(after(3, { proof: PROOF.undeclared })).toEqual([]);
});
