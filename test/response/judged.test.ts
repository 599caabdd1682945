import { expect, test } from 'vitest';
import { judged } from '../../src/alerts/verdict.ts';
import { respondTo } from '../../src/response/responder.ts';
import { saveClosing } from '../../src/sinks/store-alerts.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';

const SETTINGS = { postgres: { url: 'postgresql://nowhere' } };
const said = { alert: 'alert-1', by: 'ann', at: NOW, because: 'new release' };
const place = () => responseOf({ mode: 'auto', limits: { peer_group_percent: 100 } }, [credentialOf()], SETTINGS);

test('without a verdict it is acted on', () => {
  expect(respondTo(alertOf(), place())).toMatchObject([{ outcome: 'auto' }]);
});

test('what is benign is left alone, also where its verdict came before response saw it or its growth', () => {
  const response = place();
  saveClosing(response.store, { ...said, verdict: 'benign' });
  expect(respondTo(alertOf(), response)).toEqual([]);
  expect(respondTo(alertOf({ revision: 2, severity: 'critical' }), response)).toEqual([]);
  expect(response.outbox.ofCause('alert-1')).toEqual([]);
});

test('a verdict is no reason to act: bolder modes since the alert was decided about change nothing', () => {
  const response = place();
  const verdict = { by: 'ann', at: NOW, because: 'a theft' };
  for (const value of ['confirmed', 'benign'] as const)
    expect(respondTo(judged(alertOf(), { ...verdict, value }), response)).toEqual([]);
});

test('what was confirmed before response came to it is acted on', () => {
  const response = place();
  saveClosing(response.store, { ...said, verdict: 'benign' });
  saveClosing(response.store, { ...said, verdict: 'confirmed', because: 'a theft' });
  expect(respondTo(alertOf(), response)).toMatchObject([{ outcome: 'auto' }]);
});
