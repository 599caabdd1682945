import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import { loadedAlert, type StoredAlert, storedAlert } from '../../src/alerts/stored.ts';
import { judged, type Verdict } from '../../src/alerts/verdict.ts';
import { alertOf } from '../response/alert-of.ts';

const AT = Date.UTC(2026, 10, 30, 9);
const BENIGN: Verdict = { value: 'benign', by: 'ann', at: AT, because: 'new release' };

/** As a version without verdicts keeps an alert. */
const keptBefore = ({ state: _, ...alert }: Alert, status: 'open' | 'closed'): StoredAlert => ({ ...alert, status });

describe('a verdict', () => {
  test('ends the incident, is a new revision, and once more is none', () => {
    const alert = alertOf({ revision: 4 });
    const benign = judged(alert, BENIGN);
    expect(benign).toEqual({ ...alert, state: 'over', verdict: BENIGN, revision: 5 });
    expect(judged(benign, BENIGN)).toBe(benign);
    const confirmed = judged(benign, { ...BENIGN, value: 'confirmed', because: 'it was not' });
    expect(confirmed).toMatchObject({ revision: 6, verdict: { value: 'confirmed' }, state: 'over' });
  });

  test('stands in the document beside how the incident stands, and status says what earlier versions said', () => {
    const wayward = (alert: Alert) => alertDocument(alert)['wayward'];
    expect(wayward(alertOf())).toMatchObject({
      incident: { state: 'running' },
      verdict: { value: 'new' },
      status: 'open',
    });
    expect(wayward(alertOf({ state: 'over' }))).toMatchObject({
      incident: { state: 'over' },
      verdict: { value: 'new' },
      status: 'closed',
    });
    expect(wayward(judged(alertOf(), BENIGN))).toMatchObject({
      incident: { state: 'over' },
      verdict: { value: 'benign', by: 'ann', at: '2026-11-30T09:00:00.000Z', because: 'new release' },
      status: 'closed',
    });
  });
});

describe('an alert that is kept', () => {
  const alerts = [alertOf(), alertOf({ state: 'over' }), judged(alertOf(), BENIGN)];

  test.each(alerts)('comes back as it was', (alert) => {
    expect(loadedAlert(JSON.parse(JSON.stringify(storedAlert(alert))))).toEqual(alert);
  });

  test.each(alerts)('comes back from a later version that keeps no status', (alert) => {
    expect(loadedAlert(alert)).toEqual(alert);
  });

  test('by an earlier version is running or over, as its status said', () => {
    expect(loadedAlert(keptBefore(alertOf(), 'open'))).toEqual(alertOf());
    expect(loadedAlert(keptBefore(alertOf(), 'closed'))).toEqual(alertOf({ state: 'over' }));
  });

  test('by this version has the status that an earlier one reads, and what that one makes of it is read', () => {
    expect(storedAlert(alertOf())).toMatchObject({ status: 'open' });
    expect(storedAlert(judged(alertOf(), BENIGN))).toMatchObject({ status: 'closed' });
    const endedThere = { ...storedAlert(alertOf()), status: 'closed' as const, revision: 2 };
    expect(loadedAlert(endedThere)).toMatchObject({ state: 'over', revision: 2 });
  });
});
