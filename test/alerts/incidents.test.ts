import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { FinalOrder } from '../../src/alerts/final-order.ts';
import { Incidents } from '../../src/alerts/incidents.ts';
import { incidentBits, incidentSeverity, riskScore } from '../../src/alerts/risk.ts';
import type { Credential } from '../../src/attribution/credential.ts';
import type { Evidence } from '../../src/detectors/detector.ts';
import type { Found } from '../../src/detectors/engine.ts';
import { type Finding, SEVERITIES, type Severity } from '../../src/detectors/finding.ts';
import { NOTHING_ELSE } from '../../src/event.ts';
import { PROOF } from '../../src/proof.ts';
import { alertOf } from '../response/alert-of.ts';

const T0 = Date.UTC(2026, 0, 5, 10);
const MINUTE = 60_000;
/** Two hours. */
const QUIET = 120 * MINUTE;

const finding = (time: number, fields: Partial<Finding> = {}): Finding => ({
  detector: 'new-action',
  title: 'Never-seen action',
  threat: [],
  severity: 'medium',
  bits: 13,
  time,
  reason: 'a did x',
  subject: 'x',
  observed: 'x',
  expected: 'y',
  evidence: [`event-${time}`],
  ...fields,
});

const found = (time: number, fields: Partial<Finding> = {}, principal = 'a/api'): Found => ({
  finding: finding(time, fields),
  principal,
  young: false,
  at: {
    use: {
      ...NOTHING_ELSE,
      time,
      format: 'test',
      dataset: 'test.access',
      action: 'x',
      result: 'success',
      proof: PROOF.keyMap,
      identities: [{ key: 'credential_id', value: 'a' }],
    },
    id: () => `event-${time}`,
    late: false,
    lateMs: 0,
    orderTime: time,
    attribution: { method: 'credential_id', confidence: 0.95, principal, credential: undefined, ambiguous: undefined },
  },
});

const collected = () => {
  const revisions: Alert[] = [];
  return { revisions, incidents: new Incidents((alert) => revisions.push(alert)) };
};

describe('one incident is one alert', () => {
  test('that keeps its id as it grows, and counts its revisions', () => {
    const { revisions, incidents } = collected();
    for (let step = 0; step < 30; step++)
      incidents.add(found(T0 + step * 90 * MINUTE, { subject: `s${step}`, bits: 8 + step }));
    expect(new Set(revisions.map(({ id }) => id)).size).toBe(1);
    expect(revisions.map(({ revision }) => revision)).toEqual(revisions.map((_, index) => index + 1));
    expect(revisions.at(-1)).toMatchObject({
      openedAt: T0,
      start: T0,
      end: T0 + 29 * 90 * MINUTE,
      findingsDropped: 10,
    });
  });

  test('that closes after two hours without anything new, in the time of the stream', () => {
    const { revisions, incidents } = collected();
    incidents.add(found(T0));
    incidents.advance(T0 + QUIET);
    expect(revisions.at(-1)?.state).toBe('running');
    incidents.advance(T0 + QUIET + 1);
    expect(revisions.at(-1)).toMatchObject({ state: 'over', revision: 2 });
    incidents.add(found(T0 + QUIET + 2));
    expect(new Set(revisions.map(({ id }) => id)).size).toBe(2);
  });

  test('whether time was advanced in between or not', () => {
    const times = fc.array(fc.integer({ min: 0, max: 5 * 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(times, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (pauses, advances) => {
        const [often, never] = [collected(), collected()];
        let time = T0;
        for (const [index, pause] of pauses.entries()) {
          time += pause * MINUTE;
          if (advances[index]) often.incidents.advance(time);
          often.incidents.add(found(time));
          never.incidents.add(found(time));
        }
        const last = (revisions: readonly Alert[]) => [
          ...new Map(revisions.map((alert) => [alert.id, alert])).values(),
        ];
        expect(last(often.revisions)).toEqual(last(never.revisions));
      }),
    );
  });

  test('of each principal', () => {
    const { incidents } = collected();
    incidents.add(found(T0));
    incidents.add(found(T0, {}, 'b/api'));
    expect(incidents.openAlerts.map(({ principal }) => principal)).toEqual(['a/api', 'b/api']);
  });

  test('the same subject is the same finding: first time, strongest value, five pieces of evidence', () => {
    const { incidents } = collected();
    for (const [step, bits] of [9, 15, 12, 14, 8, 8, 8].entries())
      incidents.add(found(T0 + step, { bits, observed: bits }));
    const [alert] = incidents.openAlerts;
    expect(alert?.findings).toEqual([
      finding(T0, { bits: 15, observed: 15, evidence: [0, 1, 2, 3, 4].map((step) => `event-${T0 + step}`) }),
    ]);
  });

  test('it knows when each credential was last seen in it, also where records come late', () => {
    const { incidents } = collected();
    const by = (id: string, time: number, useTime = time): Found => {
      const one = found(time, { subject: `${id} ${time}` });
      const credential = { id, agent: 'a', peerGroup: 'a', slot: 'api' } as Credential;
      return {
        ...one,
        at: { ...one.at, use: { ...one.at.use, time: useTime }, attribution: { ...one.at.attribution, credential } },
      };
    };
    for (const one of [by('x', T0), by('y', T0 + 5), by('x', T0 + 9, T0 - 3), by('y', T0 + 12)]) incidents.add(one);
    expect(incidents.openAlerts[0]?.lastEvidence).toEqual({ x: T0, y: T0 + 12 });
  });

  test('its severity never falls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...SEVERITIES), fc.nat(30)), { minLength: 1, maxLength: 40 }),
        (given) => {
          const { revisions, incidents } = collected();
          for (const [step, [severity, bits]] of given.entries()) {
            incidents.add(found(T0 + step, { severity, bits, subject: `s${bits}`, detector: `d${bits % 3}` }));
          }
          const ranks = revisions.map(({ severity }) => SEVERITIES.indexOf(severity));
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
          const history = revisions.at(-1)?.severityHistory.map(({ severity }) => SEVERITIES.indexOf(severity)) ?? [];
          expect(history).toEqual([...new Set(ranks)]);
        },
      ),
    );
  });

  test('goes on after a restart as if there had been none', () => {
    const [whole, first, second] = [collected(), collected(), collected()];
    const steps = Array.from({ length: 10 }, (_, step) => found(T0 + step * 50 * MINUTE, { bits: 8 + step }));
    for (const step of steps) whole.incidents.add(step);
    for (const step of steps.slice(0, 5)) first.incidents.add(step);
    second.incidents.load(structuredClone(first.incidents.save()));
    for (const step of steps.slice(5)) second.incidents.add(step);
    expect(second.incidents.openAlerts).toEqual(whole.incidents.openAlerts);
  });
});

describe('findings on records that came late', () => {
  /** So many minutes after their turn. */
  const late = (time: number, minutes: number, fields: Partial<Finding> = {}): Found => {
    const timely = found(time, fields);
    return { ...timely, at: { ...timely.at, lateMs: minutes * MINUTE } };
  };

  test('belong to the incident of their time, also where time has ended it', () => {
    const { revisions, incidents } = collected();
    incidents.add(found(T0));
    incidents.advance(T0 + 12 * 60 * MINUTE);
    incidents.add(late(T0 + 60 * MINUTE, 660, { subject: 'y' }));
    incidents.advance(T0 + 12 * 60 * MINUTE);
    incidents.add(late(T0 + 150 * MINUTE, 570, { subject: 'z' }));
    incidents.advance(T0 + 12 * 60 * MINUTE);
    expect(new Set(revisions.map(({ id }) => id)).size).toBe(1);
    expect(revisions.map(({ state }) => state)).toEqual(['running', 'over', 'running', 'over', 'running', 'over']);
    expect(revisions.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(revisions.at(-1)).toMatchObject({ openedAt: T0, end: T0 + 150 * MINUTE, findings: { length: 3 } });
  });

  test('open another one, at their own time, where none is of their time, and leave the later one as it is', () => {
    const { revisions, incidents } = collected();
    incidents.add(found(T0 + 600 * MINUTE));
    incidents.add(late(T0, 600));
    incidents.add(late(T0 + QUIET, 480, { subject: 'y' }));
    incidents.add(found(T0 + 610 * MINUTE, { subject: 'y' }));
    expect(new Set(revisions.map(({ id }) => id)).size).toBe(2);
    expect(revisions[2]).toMatchObject({ openedAt: T0, end: T0 + QUIET, state: 'over', findings: { length: 2 } });
    expect(revisions[3]).toMatchObject({ openedAt: T0 + 600 * MINUTE, state: 'running', findings: { length: 2 } });
  });

  test.each([undefined, { value: 'benign', by: 'ann', at: T0, because: 'a test' } as const])(
    'open another one once a person has ended it',
    (verdict) => {
      for (const isOver of [false, true]) {
        const { revisions, incidents } = collected();
        incidents.add(found(T0));
        if (isOver) incidents.advance(T0 + 12 * 60 * MINUTE);
        incidents.close(revisions[0]?.id ?? '', verdict);
        incidents.add(late(T0 + MINUTE, 720));
        expect(new Set(revisions.map(({ id }) => id)).size).toBe(2);
      }
    },
  );

  test('do not keep other incidents from ending', () => {
    const { incidents } = collected();
    incidents.add(found(T0 + 600 * MINUTE, {}, 'a/api'));
    incidents.add(late(T0, 600));
    incidents.add({ ...late(T0, 600), principal: 'b/api' });
    incidents.advance(T0 + 601 * MINUTE);
    expect(incidents.openAlerts.map(({ principal }) => principal)).toEqual(['a/api']);
  });

  test('say for each severity how late records must be allowed to be, and nothing where others reach it', () => {
    const { revisions, incidents } = collected();
    incidents.add(found(T0, { severity: 'medium', bits: 12 }));
    incidents.add(late(T0 + MINUTE, 10, { severity: 'critical', bits: 30, subject: 'y' }));
    expect(revisions.at(-1)).toMatchObject({ severity: 'critical' });
    expect(revisions.at(-1)?.lateMs).toEqual({ high: 10 * MINUTE, critical: 10 * MINUTE });
    incidents.add(late(T0 + 2 * MINUTE, 5, { severity: 'high', bits: 20, subject: 'z' }));
    expect(revisions.at(-1)?.lateMs).toEqual({ high: 5 * MINUTE, critical: 10 * MINUTE });
    incidents.add(found(T0 + 3 * MINUTE, { severity: 'high', bits: 20, subject: 'z' }));
    expect(revisions.at(-1)?.lateMs).toEqual({ critical: 10 * MINUTE });
    incidents.add(found(T0 + 4 * MINUTE, { severity: 'critical', bits: 30, subject: 'y' }));
    expect(revisions.at(-1)).not.toHaveProperty('lateMs');
  });

  test('are where they were after a restart', () => {
    const whole = collected();
    const halves = collected();
    const steps = [found(T0), late(T0 - 600 * MINUTE, 600), late(T0 - 590 * MINUTE, 590, { subject: 'y' })];
    for (const step of steps) whole.incidents.add(step);
    for (const step of steps.slice(0, 2)) halves.incidents.add(step);
    const again = new Incidents((alert) => halves.revisions.push(alert));
    again.load(JSON.parse(JSON.stringify(halves.incidents.save())));
    for (const step of steps.slice(2)) again.add(step);
    expect(halves.revisions).toEqual(whole.revisions);
  });
});

describe('what findings come to together', () => {
  const of = (detector: string, severity: Severity, bits: number, sort: Evidence = 'volume') =>
    finding(T0, { detector, severity, bits, sort });

  test('findings of one detector are not added up', () => {
    expect(incidentBits([of('a', 'low', 9), of('a', 'low', 8)])).toBe(9);
  });

  test('those of several are, less what they may share, and lift the severity by one step at most', () => {
    const both = [of('a', 'medium', 11, 'volume'), of('b', 'medium', 11, 'source')];
    expect(incidentBits(both)).toBe(18);
    expect(incidentSeverity(both, 18, false)).toBe('high');
    expect(incidentSeverity(both, 17, false)).toBe('medium');
    expect(incidentSeverity(both, 100, false)).toBe('high');
  });

  test('more of the same sort of evidence is no more severe, nor are low findings beside it', () => {
    expect(incidentSeverity([of('a', 'medium', 15, 'volume'), of('b', 'medium', 15, 'volume')], 26, false)).toBe(
      'medium',
    );
    expect(incidentSeverity([of('a', 'medium', 15, 'volume'), of('b', 'low', 9, 'source')], 20, false)).toBe('medium');
    expect(incidentSeverity([of('a', 'low', 11, 'volume'), of('b', 'low', 11, 'source')], 18, false)).toBe('low');
  });

  test('young baselines stay at their worst finding', () => {
    expect(incidentSeverity([of('a', 'low', 11), of('b', 'low', 11, 'source')], 18, true)).toBe('low');
  });

  test('the risk score grows with severity and bits, from 0 to 100', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SEVERITIES),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (severity, bits, more) => {
          const score = riskScore(severity, bits);
          expect(Number.isInteger(score) && score >= 21 && score <= 100).toBe(true);
          expect(riskScore(severity, bits + more)).toBeGreaterThanOrEqual(score);
        },
      ),
    );
  });
});

describe('alerts in their final order', () => {
  test('come in order of time, each once, whatever opens or closes first', () => {
    const order = new FinalOrder();
    const [a, b, c] = [1, 2, 3].map((step) =>
      alertOf({ id: `${9 - step}`, openedAt: T0 + step, state: 'running' }),
    ) as [Alert, Alert, Alert];
    for (const alert of [b, c, a]) order.take(alert);
    order.take({ ...b, state: 'over' });
    order.take({ ...a, state: 'over' });
    expect(order.all()).toEqual([{ ...a, state: 'over' }, { ...b, state: 'over' }, c]);
  });

  test('those of one moment by id', () => {
    const order = new FinalOrder();
    for (const id of ['c', 'a', 'b']) order.take(alertOf({ id, openedAt: T0, state: 'over' }));
    order.take(alertOf({ id: 'z', openedAt: T0 + 1, state: 'over' }));
    expect(order.all().map(({ id }) => id)).toEqual(['a', 'b', 'c', 'z']);
  });
});
