import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Credential } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { PROOF } from '../../src/proof.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

const SCOPES = { scopes: ['GET /v1/orders/*', 'GET /v1/orders'], networks: ['10.4.0.0/16'] };
const OUTSIDE = { action: 'DELETE /v1/users/{id}' } as const;

/** Three weeks of an ordinary agent. */
const withHistory = (fields: Partial<Credential> = SCOPES, proof = PROOF.keyMap): Watched => {
  const watched = new Watched([agent('a', fields)]);
  for (let day = 0; day < 21; day++)
    for (let hour = 8; hour < 18; hour++)
      watched.use(MONDAY + day * DAY + hour * HOUR, { action: 'GET /v1/orders/{id}', proof });
  return watched;
};
const NOW = MONDAY + 21 * DAY + 10 * HOUR;

describe('what nothing proves', () => {
  test.each([PROOF.request, PROOF.beforeAuthentication, PROOF.unknownSession, PROOF.failed, PROOF.noAuth])(
    '$state by $by counts against no agent, and teaches nothing, however often',
    (proof) => {
      const watched = withHistory();
      const before = watched.core.engine.baselines.save();
      for (let at = 0; at < 1_000; at++) watched.use(NOW + at * 100, { ...OUTSIDE, sourceIp: '203.0.113.9', proof });
      expect(watched.alerts.filter(({ agent }) => agent !== undefined)).toEqual([]);
      expect(watched.core.engine.baselines.save()).toEqual(before);
    },
  );

  test('is an alert about its network once it is much, and never names whom it claimed to be', () => {
    const watched = withHistory();
    for (let at = 0; at < 1_000; at++) watched.use(NOW + at * 100, { sourceIp: '203.0.113.9', proof: PROOF.failed });
    expect(watched.alerts).toMatchObject([{ principal: 'source/203.0', severity: 'medium', credentials: [] }]);
    expect(watched.alerts[0]?.related).toMatchObject({ ip: ['203.0.113.9'], user: [] });
    expect(watched.alerts[0]).not.toHaveProperty('agent');
    expect(JSON.stringify(watched.alerts)).not.toContain('"a"');
  });

  test('is none where the whole log is set up so: only what is far more than usual there is', () => {
    const watched = withHistory(SCOPES, PROOF.request);
    for (let at = 0; at < 90; at++) watched.use(NOW + at * 1_000, { proof: PROOF.request });
    expect(watched.alerts).toEqual([]);
    for (let at = 0; at < 1_000; at++)
      watched.use(NOW + 10 * MINUTE + at * 100, { sourceIp: '203.0.113.9', proof: PROOF.request });
    expect(watched.alerts.map(({ principal }) => principal)).toEqual(['source/203.0']);
  });

  test('is remembered over a restart', () => {
    const half = withHistory();
    for (let at = 0; at < 60; at++) half.use(NOW + at * 100, { sourceIp: '203.0.113.9', proof: PROOF.failed });
    const alerts: Alert[] = [];
    const core = new Core(createRegistry([agent('a')]), shippedDetectors(), (alert) => alerts.push(alert));
    core.load(structuredClone(half.core.save()));
    expect(core.save().engine.claims).toEqual(half.core.save().engine.claims);
    expect(half.core.save().engine.claims?.networks).toMatchObject([['203.0', { count: 60 }]]);
  });
});

describe('what is only declared', () => {
  test('alerts, and says so', () => {
    const watched = withHistory();
    watched.use(NOW, { ...OUTSIDE, proof: PROOF.undeclared });
    expect(watched.worth).toMatchObject([
      { agent: 'a', attribution: { confidence: 0.7, proof: 'declared' }, declaredOnly: ['a'] },
    ]);
  });

  test('neither makes a proven alert act for it, nor keeps one from acting', () => {
    const watched = withHistory();
    watched.use(NOW, { ...OUTSIDE });
    expect(watched.worth).toMatchObject([{ severity: 'high', attribution: { confidence: 0.95, proof: 'verified' } }]);
    const proven = watched.worth[0];
    for (let at = 1; at < 5; at++)
      watched.use(NOW + at * MINUTE, { action: `DROP TABLE public.t${at}`, proof: PROOF.stderrPrefix });
    const [alert] = watched.worth;
    expect(alert?.id).toBe(proven?.id);
    expect(alert?.lastEvidence).toEqual(proven?.lastEvidence);
    expect(alert).not.toHaveProperty('declaredOnly');
    expect(alert).toMatchObject({ severity: 'critical', provenSeverity: 'high', attribution: { proof: 'verified' } });
  });

  test('is part of what a burst counts, so that a proven use on top proves nothing of the burst', () => {
    const watched = withHistory({});
    for (let at = 0; at < 3_000; at++) watched.use(NOW + at * 100, { bytes: 100_000, proof: PROOF.stderrPrefix });
    watched.use(NOW + 6 * MINUTE, { bytes: 10_000_000 });
    const alerts = watched.alerts.filter(({ agent }) => agent === 'a');
    expect(alerts.length).toBeGreaterThan(0);
    for (const { attribution } of alerts) expect(attribution.proof).toBe('declared');
  });
});

describe('what was declared before', () => {
  test('does not keep quiet what is proven afterwards', () => {
    const watched = withHistory();
    watched.use(NOW, { ...OUTSIDE, proof: PROOF.undeclared });
    watched.use(NOW + MINUTE, { ...OUTSIDE });
    expect(watched.worth).toMatchObject([{ severity: 'high', attribution: { confidence: 0.95, proof: 'verified' } }]);
  });

  test('is no part of what is counted days later', () => {
    const watched = withHistory({});
    watched.use(NOW, { action: 'GET /nope', result: 'error', status: 404, proof: PROOF.undeclared });
    for (let at = 0; at < 3_000; at++)
      watched.use(NOW + 3 * DAY + at * 100, { bytes: 100_000, proof: PROOF.authenticated });
    expect(watched.worth).toMatchObject([{ severity: 'medium', attribution: { proof: 'verified' } }]);
    expect(watched.worth[0]).not.toHaveProperty('declaredOnly');
  });

  test('pushes nothing that is proven out of an alert, however much of it there is', () => {
    const watched = withHistory();
    for (let at = 0; at < 40; at++) {
      const path = `${String.fromCharCode(97 + (at % 20))}${at < 20 ? 'x' : 'y'}`;
      watched.use(NOW + at * MINUTE, { action: `DELETE /v1/${path}`, proof: PROOF.undeclared });
    }
    watched.use(NOW + HOUR, { ...OUTSIDE });
    expect(watched.worth[0]?.findings).toHaveLength(20);
    expect(watched.worth[0]?.findings).toContainEqual(
      expect.objectContaining({ detector: 'out-of-scope', subject: OUTSIDE.action }),
    );
  });
});

describe('a failed try', () => {
  test.each([
    ['a typo in the path', { action: 'GET /v1/ordres/{id}', status: 404 }],
    ['a table that is not there', { action: 'SELECT public.custmers' }],
    ['another method', { action: 'PUT /v1/orders/{id}', status: 405 }],
    ['an error of the server', { action: 'POST /v1/export', status: 500 }],
    ['an error from another address', { action: 'GET /v1/ordres/{id}', sourceIp: '192.0.2.7' }],
  ] as const)('is no deed: %s of a scoped agent is no alert worth a look', (_name, fields) => {
    const watched = withHistory();
    watched.use(NOW, { ...fields, result: 'error' });
    expect(watched.worth).toEqual([]);
  });

  test('does not teach what is normal: the same done later is news', () => {
    const action = 'DROP TABLE public.orders';
    const watched = withHistory({});
    watched.use(NOW, { action, result: 'error' });
    expect(watched.alerts).toEqual([]);
    watched.use(NOW + MINUTE, { action });
    expect(watched.alerts[0]?.findings.map(({ detector }) => detector)).toContain('new-action');
  });

  test('many of them are a burst', () => {
    const watched = withHistory();
    for (let at = 0; at < 5_000; at++)
      watched.use(NOW + at * 100, { action: 'GET /v1/ordres/{id}', status: 404, result: 'error' });
    expect(watched.worth[0]?.findings.map(({ detector }) => detector)).toContain('error-burst');
  });

  test('is never said to have been done or accepted', () => {
    const watched = withHistory();
    watched.use(NOW, { ...OUTSIDE, sourceIp: '192.0.2.7', result: 'denied' });
    const reasons = watched.alerts.flatMap(({ findings }) => findings.map(({ reason }) => reason));
    expect(reasons.length).toBeGreaterThan(1);
    for (const reason of reasons) expect(reason).not.toMatch(/ did | accepted|used cred/);
  });
});

test('a host name is inside no declared network, since whoever owns the address chooses it', () => {
  const watched = withHistory();
  watched.use(NOW, { sourceIp: 'agent.billing.example.com' });
  expect(watched.worth[0]?.reason).toContain('outside its declared networks');
});

test('forged records, however many and grave, push no proven finding out of its alert', () => {
  const watched = withHistory();
  watched.use(NOW, { ...OUTSIDE });
  for (let at = 1; at < 60; at++)
    watched.use(NOW + at * 1_000, { action: `DROP TABLE public.t${at}`, proof: PROOF.stderrPrefix });
  const [alert] = watched.worth;
  expect(alert?.findings.filter(({ declared }) => !declared).map(({ subject }) => subject)).toContain(OUTSIDE.action);
});
