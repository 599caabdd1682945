import { expect, test } from 'vitest';
import { Told } from '../../src/detectors/told.ts';
import { PROOF } from '../../src/proof.ts';
import { DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

const watch = (): Watched =>
  new Watched(
    [],
    shippedDetectors().filter(({ id }) => id === 'unknown-credential'),
  );
const principals = ({ alerts }: Watched): string[] => alerts.map(({ principal }) => principal);

test('each unknown identity is an incident of its own', () => {
  const watched = watch();
  for (let count = 0; count < 30; count++) watched.use(MONDAY + count * MINUTE, {}, `unknown-${count}`);
  expect(principals(watched)).toEqual(
    Array.from({ length: 30 }, (_, at) => `unregistered/credential_id:unknown-${at}`),
  );
  expect(new Set(watched.alerts.map(({ findings }) => findings.length))).toEqual(new Set([1]));
});

test('a hundred of them at once; the others share one incident, which says how many it has', () => {
  const watched = watch();
  for (let count = 0; count < 150; count++) watched.use(MONDAY + count, {}, `unknown-${count}`);
  expect(watched.alerts).toHaveLength(101);
  const [others] = watched.alerts.filter(({ principal }) => principal === 'unregistered/others');
  expect(others).toMatchObject({ revision: 50, findingsDropped: 30 });
  expect(others?.reason).toBe(
    'test.access accepted credential_id:unknown-100, which is not in the credential registry; and 49 more findings, of which 30 are only counted',
  );
  expect(watched.core.incidents.dropped).toBe(30);
});

test('there is room again once incidents are over, also after a restart', () => {
  const watched = watch();
  for (let count = 0; count < 100; count++) watched.use(MONDAY + count, {}, `unknown-${count}`);
  const restarted = watch();
  restarted.core.load(structuredClone(watched.core.save()));
  restarted.use(MONDAY + HOUR, {}, 'too-many');
  restarted.use(MONDAY + 4 * HOUR, {}, 'late');
  const running = restarted.alerts.filter(({ state }) => state === 'running').map(({ principal }) => principal);
  expect(principals(restarted)).toContain('unregistered/others');
  expect(running).toEqual(['unregistered/credential_id:late']);
});

test('a million invented ones: a hundred and one alerts, and each tenfold of those beyond the bound is news', () => {
  const watched = watch();
  for (let count = 0; count < 12_000; count++) watched.use(MONDAY + count, {}, `unknown-${count}`);
  expect(watched.alerts).toHaveLength(101);
  const [others] = watched.alerts.filter(({ principal }) => principal === 'unregistered/others');
  // 900 that have a name but no incident, and of those without either the 1st, 10th, 100th, 1,000th and 10,000th.
  expect(others?.revision).toBe(905);
  expect(others?.reason).toContain('and 904 more findings, of which 885 are only counted');
  expect(watched.core.engine.counts.beyond).toBe(11_000);
});

test('how many found no room stands in the alert, where nobody else fills it', () => {
  const watched = watch();
  for (let count = 0; count < 1_000; count++) watched.use(MONDAY + count, {}, `unknown-${count}`);
  for (let count = 0; count < 100; count++) watched.use(MONDAY + 3 * HOUR + count, {}, `more-${count}`);
  const others = watched.alerts.filter(({ principal }) => principal === 'unregistered/others').at(-1);
  expect(others?.findings.map(({ observed }) => observed)).toEqual([1, 10, 100]);
  expect(others?.findings.at(-1)?.reason).toBe(
    'test.access accepted more-99, which is not in the credential registry; so far 100 uses of more unknown identities than are followed one by one',
  );
});

test.each([
  ['allowed', { result: 'success', proof: PROOF.keyMap }, 'test.access accepted credential_id:x, which'],
  ['denied', { result: 'denied', proof: PROOF.keyMap }, 'test.access refused an action to credential_id:x, which'],
  [
    'only declared',
    { result: 'success', proof: PROOF.undeclared },
    'test.access names credential_id:x, without a proof that it was accepted, which',
  ],
] as const)('the sentence says no more than the record shows: %s', (_name, fields, begins) => {
  const watched = watch();
  watched.use(MONDAY, fields, 'x');
  expect(watched.alerts[0]?.reason).toContain(begins);
  expect(watched.alerts[0]?.title).not.toContain('accepted');
});

test('what failed at first is told of once it is used', () => {
  const watched = watch();
  watched.use(MONDAY, { result: 'error' }, 'x');
  expect(watched.alerts).toEqual([]);
  watched.use(MONDAY + MINUTE, {}, 'x');
  expect(watched.alerts).toHaveLength(1);
});

test('one that goes on is one alert, not one a week; a refused login is none', () => {
  const watched = watch();
  for (let day = 0; day < 60; day++) watched.use(MONDAY + day * DAY, {}, 'x');
  for (let count = 0; count < 9; count++) watched.use(MONDAY + 60 * DAY, { result: 'rejected' }, `y-${count}`);
  expect(watched.alerts).toHaveLength(1);
});

test('what an earlier version has told of one is not told again after an upgrade; other conditions stay', () => {
  const told = new Told();
  told.load([
    ['unknown-credential\nunregistered/credential_id\ncredential_id:x', MONDAY],
    ['unknown-credential\nunregistered/none\nmore identities than are tracked', MONDAY],
    ['out-of-scope\na/api\nGET /v1/x', MONDAY],
  ]);
  const isNews = (detector: string, principal: string, subject: string) =>
    told.tell(detector, principal, subject, MONDAY + DAY, 2 * DAY);
  expect(isNews('unknown-credential', 'unregistered/credential_id:x', 'credential_id:x')).toBe(false);
  expect(isNews('unknown-credential', 'unregistered/credential_id:y', 'credential_id:y')).toBe(true);
  expect(isNews('out-of-scope', 'a/api', 'GET /v1/x')).toBe(false);
});
