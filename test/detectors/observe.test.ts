import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { match } from '../../src/detectors/kinds/match.ts';
import type { ObservedFinding } from '../../src/detectors/observed-finding.ts';
import { observedDocument } from '../../src/documents/observed.ts';
import { Core } from '../../src/pipeline/core.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';
import { fieldsOf } from '../documents/observed.ts';
import { shippedDetectors } from '../quality/measure.ts';

/** `stage: observe`: what would have been found is recorded, and has no other effect. */

const shipped = shippedDetectors();
const observing = (detectors: readonly Detector[], ids: readonly string[]): Detector[] =>
  detectors.map((one) => (ids.includes(one.id) ? { ...one, observes: true as const } : one));

const DROP: Detector = {
  id: 'drop',
  title: 'Something dropped',
  description: '',
  kind: match,
  check: match.check({ action: 'DROP *' }, 'drop'),
  severity: 'critical',
  threat: ['T1485'],
  exceptions: [],
  repeatAfter: 7 * DAY,
};

class Observing extends Watched {
  readonly found: ObservedFinding[] = [];

  constructor(detectors: readonly Detector[], credentials = [agent('a')]) {
    super(credentials, detectors);
    const changed = (alert: Alert): unknown => this.changed.set(alert.id, alert);
    this.goesOn(
      new Core(createRegistry(credentials), detectors, changed, { observing: (finding) => this.found.push(finding) }),
    );
  }

  readonly changed = new Map<string, Alert>();
}

describe('a detector that observes', () => {
  test('makes a record where it would have made an alert', () => {
    const watched = new Observing(observing([DROP], ['drop']));
    watched.use(MONDAY, { action: 'DROP public.orders', sourceIp: '203.0.113.9' });
    expect([...watched.changed.values()]).toEqual([]);
    expect(watched.core.engine.counts.observing).toBe(1);
    expect(watched.found).toMatchObject([
      { principal: 'a/api', finding: { detector: 'drop', severity: 'critical', evidence: ['event-0'] } },
    ]);
    expect(fieldsOf(observedDocument(watched.found[0] as ObservedFinding))).toMatchObject({
      event: { action: 'observed-finding', severity: 99, reason: expect.stringContaining('DROP public.orders') },
      rule: { id: 'drop', name: 'Something dropped' },
      gen_ai: { agent: { id: 'a' } },
      wayward: { principal: 'a/api', observed_finding: { subject: 'DROP public.orders', event_id: ['event-0'] } },
    });
  });

  test('is silent where nothing is to be found, and one that is enforced makes alerts as ever', () => {
    const watched = new Observing(observing([DROP, { ...DROP, id: 'enforced' }], ['drop']));
    watched.use(MONDAY, { action: 'SELECT public.orders' });
    expect(watched.found).toEqual([]);
    watched.use(MONDAY + 1, { action: 'DROP public.orders' });
    expect([...watched.changed.values()]).toMatchObject([{ findings: [{ detector: 'enforced' }] }]);
    expect(watched.found).toHaveLength(1);
  });

  test('tells of the same condition again as an alert, once it is enforced', () => {
    const watched = new Observing(observing([DROP], ['drop']));
    watched.use(MONDAY, { action: 'DROP public.orders' });
    const alerts: Alert[] = [];
    const enforced = new Core(createRegistry([agent('a')]), [DROP], (alert) => alerts.push(alert));
    enforced.load(JSON.parse(JSON.stringify(watched.core.save())));
    watched.goesOn(enforced);
    watched.use(MONDAY + MINUTE, { action: 'DROP public.orders' });
    expect(alerts).toMatchObject([{ severity: 'critical' }]);
  });

  const incident = (watched: Watched): void => {
    const day = watched.weeks(4);
    watched.work(day, { to: 10 });
    watched.burst(day + 11 * HOUR, 4_000, 100);
    watched.work(day + DAY);
    watched.burst(day + 2 * DAY + 11 * HOUR, 4_000, 100);
  };

  test('holds nothing out of the baseline: with all of them observing, what an agent does is learned', () => {
    const all = shipped.map(({ id }) => id);
    const watched = new Observing(observing(shipped, all));
    const none = new Observing([]);
    incident(watched);
    incident(none);
    expect([...watched.changed.values()]).toEqual([]);
    expect(watched.found.some(({ finding }) => finding.detector === 'request-burst')).toBe(true);
    const learned = ({ core }: Watched): unknown => core.save().engine.baselines;
    expect(learned(watched)).toEqual(learned(none));
  });

  test('changes nothing of what the others find', () => {
    const alone = new Observing(shipped.filter(({ id }) => id !== 'request-burst'));
    const beside = new Observing(observing(shipped, ['request-burst']));
    incident(alone);
    incident(beside);
    expect([...beside.changed.values()]).toEqual([...alone.changed.values()]);
    expect(beside.found.length).toBeGreaterThan(0);
  });

  test('its waiting for peers is over a restart what it is without one', () => {
    const peers = ['a', 'b', 'c'].map((id) => agent(id, { peerGroup: 'group' }));
    const all = shipped.map(({ id }) => id);
    const day = (watched: Watched): number => {
      watched.together(() => {
        for (const { id } of peers) watched.weeks(3, { every: 20 }, id);
      });
      watched.use(MONDAY + 21 * DAY + 9 * HOUR, { action: 'GET /v1/admin/settings', sourceIp: '203.0.113.9' });
      return MONDAY + 21 * DAY + 9 * HOUR;
    };
    const whole = new Observing(observing(shipped, all), peers);
    const until = day(whole);
    const restarted = new Observing(observing(shipped, all), peers);
    day(restarted);
    const found: ObservedFinding[] = [...restarted.found];
    const core = new Core(createRegistry(peers), observing(shipped, all), () => expect.fail('an alert'), {
      observing: (finding) => found.push(finding),
    });
    core.load(JSON.parse(JSON.stringify(restarted.core.save())));
    core.decide(until + HOUR);
    whole.core.decide(until + HOUR);
    expect(found.map(({ finding }) => finding)).toEqual(whole.found.map(({ finding }) => finding));
    expect(found.length).toBeGreaterThan(0);
  });
});

test('a count is not raised by files of the same detector for others', () => {
  const many = { action: 'GET **', count: { over: 3, within: '10m' } };
  const check = match.check(many, 'many');
  const own: Detector = { ...DROP, id: 'many', check, appliesTo: (principal) => principal === 'a/api' };
  const rest: Detector = { ...own, check: match.check(many, 'many'), appliesTo: (principal) => principal !== 'a/api' };
  const watched = new Watched([agent('a')], [own, rest]);
  watched.burst(MONDAY, 3, 1_000);
  expect(watched.alerts).toEqual([]);
  watched.use(MONDAY + MINUTE);
  expect(watched.alerts).toHaveLength(1);
});
