import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Finding, Severity } from '../../src/detectors/finding.ts';
import { responseSchema } from '../../src/response/config.ts';
import { approve, dismiss, halt, resume } from '../../src/response/control.ts';
import { modeFor } from '../../src/response/guards.ts';
import { openBreaker } from '../../src/response/limits.ts';
import { respondTo } from '../../src/response/responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { freePort } from '../servers/free-port.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const MINUTE = 60_000;

/** A revoker is configured, but nothing here lets a worker call it. */
const SETTINGS = { postgres: { url: await secretOf('postgresql://nobody@127.0.0.1:1/none') } };

const outcomes = (alert: Alert, response: TestResponse): string[] =>
  respondTo(alert, response).map(({ outcome }) => outcome);

const autoResponse = (config: object = {}, credentials = [credentialOf()]) =>
  responseOf({ mode: 'auto', ...config }, credentials, SETTINGS);

/** Agents of one peer group with one credential each. */
const group = (size: number, peerGroup = 'group') =>
  Array.from({ length: size }, (_, index) =>
    credentialOf({ id: `${peerGroup}-c${index}`, agent: `${peerGroup}-a${index}`, peerGroup }),
  );

test('the default is dry-run: nothing waits and nothing is made', () => {
  const response = responseOf({}, [credentialOf()], SETTINGS);
  expect(outcomes(alertOf(), response)).toEqual(['dry-run']);
  expect(response.outbox.ofCause('alert-1')).toEqual([]);
});

test('auto within every limit is decided at once', () => {
  const response = autoResponse();
  expect(outcomes(alertOf(), response)).toEqual(['auto']);
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'approved', decidedBy: 'automatic' }]);
});

test.each([
  ['an old alert (after an outage, or a replayed log)', { at: NOW + 16 * MINUTE }, {}],
  ['an alert from the future', { at: NOW - 16 * MINUTE }, {}],
  ['a doubtful attribution', {}, { attribution: { method: 'db_user', confidence: 0.79 } }],
] as const)('%s never acts on its own: a person is asked', (_name, { at = NOW }: { at?: number }, changes) => {
  const response = autoResponse();
  response.at(at);
  expect(outcomes(alertOf(changes), response)).toEqual(['approve']);
});

test.each([
  ['all of it', { attribution: { method: 'credential_id', confidence: 0.7, proof: 'declared' } }],
  ['that of this credential', { declaredOnly: ['cred-1'] }],
] as const)('evidence that is only declared, %s, never acts, whatever min_confidence says', (_name, changes) => {
  const response = autoResponse({ min_confidence: 0 }, [credentialOf({ id: 'cred-1' })]);
  const decisions = respondTo(alertOf({ credentials: ['cred-1'], ...changes }), response);
  expect(decisions).toMatchObject([
    { outcome: 'approve', because: expect.stringContaining('nothing in the log proves') },
  ]);
});

test.each([
  ['high', 'auto'],
  ['medium', 'approve'],
] as const)('what declared evidence has made critical acts as far as it is proven: %s, %s', (provenSeverity, mode) => {
  const [finding] = alertOf().findings;
  const declared = { ...(finding as Finding), detector: 'error-burst', severity: 'critical', declared: true } as const;
  const proven = { ...(finding as Finding), severity: provenSeverity };
  const alert = alertOf({ severity: 'critical', provenSeverity, findings: [declared, proven] });
  expect(modeFor(alert, responseSchema.parse({ mode: 'auto' }))).toBe(mode);
});

/** A high alert on one finding. */
const lateAlert = (lateMs: Partial<Record<Severity, number>>): Alert =>
  alertOf({ lateMs, findings: alertOf().findings.map((finding) => ({ ...finding, lateMs: lateMs.high ?? 0 })) });

test.each([
  ['late by no more than that', { high: 2 * MINUTE }, 'auto'],
  ['later', { high: 2 * MINUTE + 1 }, 'approve'],
  ['later, down to low', { low: 86_400_000, medium: 86_400_000, high: 86_400_000 }, 'approve'],
] as const)('records past max_late never make an alert act on its own: %s, %s', (_name, lateMs, mode) => {
  const alert = lateAlert(lateMs);
  expect(outcomes(alert, autoResponse())).toEqual([mode]);
  expect(outcomes(alertOf({ ...alert, id: 'alert-2' }), autoResponse({ max_late: '2d' }))).toEqual(['auto']);
});

test('the page says how late they came', () => {
  const [decision] = respondTo(lateAlert({ high: 3_600_000 }), autoResponse());
  expect(decision?.because).toBe('a person is asked: it rests on records that came 3600 s late, beyond max_late');
});

test.each([
  ['high', 'auto'],
  ['medium', 'approve'],
] as const)('an alert that late records have made critical acts as far as the others go: %s, %s', (inTime, mode) => {
  const [finding] = alertOf().findings;
  const late = { ...(finding as Finding), detector: 'error-burst', severity: 'critical', lateMs: 3_600_000 } as const;
  const other = { ...(finding as Finding), severity: inTime };
  const lateMs = { critical: 3_600_000, ...(inTime === 'medium' && { high: 3_600_000 }) };
  const alert = alertOf({ severity: 'critical', lateMs, findings: [late, other] });
  expect(modeFor(alert, responseSchema.parse({ mode: 'auto' }))).toBe(mode);
});

test('a rule for the detector of a declared finding lends its boldness to no other', () => {
  const [finding] = alertOf().findings;
  const declared = { ...(finding as Finding), detector: 'out-of-scope', declared: true as const };
  const alert = alertOf({ findings: [finding as Finding, declared] });
  const rules = [{ detector: 'out-of-scope', severity: 'low', mode: 'auto' }];
  expect(modeFor(alert, responseSchema.parse({ mode: 'dry-run', rules }))).toBe('approve');
});

test.each([
  ['low', 'off'],
  ['medium', 'off'],
  ['high', 'auto'],
  ['critical', 'auto'],
] as const)('the mode speaks for high and critical only: %s is %s', (severity, mode) => {
  expect(modeFor(alertOf({ severity }), responseSchema.parse({ mode: 'auto' }))).toBe(mode);
});

test('a rule for a detector looks at its own finding; the boldest mode of an alert counts', () => {
  const config = responseSchema.parse({
    rules: [
      { detector: 'noisy', severity: 'low', mode: 'off' },
      { detector: 'new-action', severity: 'high', mode: 'auto' },
    ],
  });
  const [finding] = alertOf().findings as [Finding];
  const findings = (...list: Partial<Finding>[]) => list.map((changes) => ({ ...finding, ...changes }));
  expect(modeFor(alertOf(), config)).toBe('auto');
  expect(modeFor(alertOf({ findings: findings({ detector: 'noisy' }) }), config)).toBe('off');
  expect(modeFor(alertOf({ findings: findings({ severity: 'medium' }) }), config)).toBe('dry-run');
  expect(modeFor(alertOf({ findings: findings({ detector: 'noisy' }, {}) }), config)).toBe('auto');
  expect(modeFor(alertOf({ findings: findings({ detector: 'other' }) }), config)).toBe('dry-run');
});

test('a rule may be for some credentials only, by id or by pattern; each credential of an alert has its own mode', () => {
  const rules = [
    { credential: 'cred-payments-*', severity: 'low', mode: 'off' },
    { credential: 'cred-web', detector: 'new-action', severity: 'high', mode: 'auto' },
  ];
  const ids = ['cred-payments-pg', 'cred-web', 'cred-other'];
  const credentials = ids.map((id) => credentialOf({ id }));
  const response = responseOf({ mode: 'approve', rules }, credentials, SETTINGS);
  const decisions = respondTo(alertOf({ credentials: ids }), response);
  expect(decisions.map(({ step, outcome }) => [step.credential.id, outcome])).toEqual([
    ['cred-other', 'approve'],
    ['cred-web', 'auto'],
  ]);
  expect(outcomes(alertOf({ id: 'b', credentials: ['cred-payments-pg'] }), response)).toEqual([]);
  expect(outcomes(alertOf({ id: 'c', credentials: [] }), response)).toEqual([]);
});

test('one credential becoming bolder is news, also where another one was as bold before', () => {
  const rules = [
    { credential: 'b', severity: 'high', mode: 'auto' },
    { detector: 'new-action', severity: 'high', mode: 'auto' },
  ];
  const response = responseOf({ rules }, [credentialOf({ id: 'a' }), credentialOf({ id: 'b' })], SETTINGS);
  const [finding] = alertOf().findings as [Finding];
  const volume = { ...finding, detector: 'request-burst' };
  expect(outcomes(alertOf({ credentials: ['a', 'b'], findings: [volume] }), response)).toEqual(['dry-run', 'auto']);
  expect(outcomes(alertOf({ credentials: ['a', 'b'], findings: [volume, finding] }), response)).toEqual(['auto']);
});

test('the same severity with a bolder finding, or another credential, is decided about again', () => {
  const config = { rules: [{ detector: 'new-action', severity: 'high', mode: 'auto' }] };
  const other = credentialOf({ id: 'cred-billing-pg-2' });
  const response = responseOf(config, [credentialOf(), other], SETTINGS);
  const [finding] = alertOf().findings as [Finding];
  const volume = { ...finding, detector: 'request-burst' };
  expect(outcomes(alertOf({ findings: [volume] }), response)).toEqual(['dry-run']);
  expect(outcomes(alertOf({ findings: [volume] }), response)).toEqual([]);
  expect(outcomes(alertOf({ findings: [volume, finding] }), response)).toEqual(['auto']);
  expect(outcomes(alertOf({ credentials: [credentialOf().id, other.id] }), response)).toEqual(['auto']);
  expect(response.outbox.ofCause('alert-1')).toHaveLength(2);
});

test('no credential, no step: who is not in the registry, and who was only claimed', () => {
  const response = autoResponse();
  expect(outcomes(alertOf({ credentials: [] }), response)).toEqual([]);
  expect(outcomes(alertOf({ id: 'b', credentials: ['cred-of-nobody'] }), response)).toEqual([]);
});

test('a credential that cannot be revoked is listed with what to add', () => {
  const response = autoResponse({}, [
    credentialOf({ id: 'a', revoke: undefined }),
    credentialOf({ id: 'b', revoke: { with: 'vault', accessor: 'acc' } }),
    credentialOf({ id: 'c', revoke: { with: 'carrier-pigeon' } }),
    credentialOf({ id: 'd', revoke: { with: 'postgres' } }),
  ]);
  const decisions = respondTo(alertOf({ credentials: ['a', 'b', 'c', 'd'] }), response);
  expect(new Set(decisions.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
  const because = decisions.map(({ because }) => because).join('\n');
  expect(because).toContain('add revoke: to its entry in the registry');
  expect(because).toContain('add revokers.vault to the configuration');
  expect(because).toMatch(/no revoker "carrier-pigeon" \(there are postgres, .*webhook/);
  expect(because).toMatch(/its revoke: entry in the registry is wrong: role/);
});

test('a storm: the breaker opens at the limit, stays open, and asks a person for the rest', () => {
  const credentials = Array.from({ length: 40 }, (_, index) => group(1, `g${index}`)).flat();
  const response = autoResponse({ limits: { credentials: 5, window: '1h' } }, credentials);
  const storm = credentials.map(({ id }) => outcomes(alertOf({ id: `storm-${id}`, credentials: [id] }), response)[0]);
  expect(storm.filter((outcome) => outcome === 'auto')).toHaveLength(4);
  expect(storm.slice(4).every((outcome) => outcome === 'approve')).toBe(true);
  expect(response.audit.ofCause('storm-g4-c0').map(({ type }) => type)).toEqual(['decided', 'breaker-opened']);

  response.at(NOW + 50 * 60 * MINUTE);
  const openedAt = NOW + 50 * 60 * MINUTE;
  expect(outcomes(alertOf({ id: 'later', openedAt, credentials: ['g30-c0'] }), response)).toEqual(['approve']);
  expect(resume('ann', response)?.because).toContain('4 credentials were revoked automatically within 60 minutes');
  expect(outcomes(alertOf({ id: 'after', openedAt, credentials: ['g31-c0'] }), response)).toEqual(['auto']);
});

test('the window moves on: what was revoked before it no longer counts', () => {
  const credentials = Array.from({ length: 4 }, (_, index) => group(1, `g${index}`)).flat();
  const response = autoResponse({ limits: { credentials: 1, window: '10m' } }, credentials);
  for (const [index, { id }] of credentials.entries()) {
    const openedAt = NOW + index * 11 * MINUTE;
    response.at(openedAt);
    expect(outcomes(alertOf({ id: `a${index}`, openedAt, credentials: [id] }), response)).toEqual(['auto']);
  }
});

test.each([
  ['high', 4],
  ['critical', 5],
] as const)('one alert with more credentials than the limit does not slip through: %s, %i', (severity, most) => {
  const credentials = Array.from({ length: 8 }, (_, index) => credentialOf({ id: `c${index}` }));
  const response = autoResponse({ limits: { credentials: 5 } }, credentials);
  const decided = outcomes(alertOf({ severity, credentials: credentials.map(({ id }) => id) }), response);
  expect(decided.filter((outcome) => outcome === 'auto')).toHaveLength(most);
});

test('at most a third of a peer group, but always one agent of it', () => {
  const credentials = [...group(6), ...group(1, 'alone')];
  const response = autoResponse({ limits: { credentials: 100 } }, credentials);
  expect(outcomes(alertOf({ id: 'x', credentials: ['alone-c0'] }), response)).toEqual(['auto']);
  const decided = ['group-c0', 'group-c1', 'group-c2'].map(
    (id) => outcomes(alertOf({ id, credentials: [id] }), response)[0],
  );
  expect(decided).toEqual(['auto', 'approve', 'approve']);
  expect(openBreaker(response.state)?.because).toContain('1 of 6 agents of group');
});

test('an approval names who gave it', () => {
  const response = responseOf({ mode: 'approve' }, [credentialOf()], SETTINGS);
  expect(outcomes(alertOf(), response)).toEqual(['approve']);
  expect(response.outbox.waiting()).toHaveLength(1);
  approve('alert-1', 'ann', response);
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'approved', decidedBy: 'ann' }]);
  expect(response.audit.ofCause('alert-1').at(-1)).toMatchObject({ type: 'approved', by: 'ann' });
  expect(() => approve('alert-1', 'bob', response)).toThrow(/nothing waits .*its steps are approved/);
});

test('an approval that nobody gave in time is refused, and stays refused', async () => {
  const response = responseOf({ mode: 'approve', approval_timeout: '15m' }, [credentialOf()], SETTINGS);
  respondTo(alertOf(), response);
  response.at(NOW + 15 * MINUTE);
  expect(() => approve('alert-1', 'late', response)).toThrow(/expired.*wayward revoke --credential ID --execute/);
  await response.worker().drain();
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'expired', note: 'nobody approved it in time' }]);
  expect(() => approve('no-such-alert', 'ann', response)).toThrow('nothing was planned for it');
});

test('closing the alert ends what waits', () => {
  const response = responseOf({ mode: 'approve' }, [credentialOf()], SETTINGS);
  respondTo(alertOf(), response);
  dismiss('alert-1', 'closed as benign by ann', response);
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'expired', note: 'closed as benign by ann' }]);
});

test('halted: new alerts ask a person, and what was decided but not made is dropped, not kept for later', async () => {
  const port = await freePort();
  const settings = { postgres: { url: await secretOf(`postgresql://w@127.0.0.1:${port}/x`) } };
  const response = responseOf({ mode: 'auto' }, [credentialOf()], settings);
  expect(outcomes(alertOf({ id: 'before' }), response)).toEqual(['auto']);
  halt('ann', response);
  expect(outcomes(alertOf({ id: 'during' }), response)).toEqual(['approve']);
  await response.worker().drain();
  expect(response.outbox.ofCause('before')).toMatchObject([{ state: 'expired', calledAt: undefined }]);
  expect(response.audit.ofCause('before').at(-1)).toMatchObject({
    note: 'automatic response was halted before the call',
  });
  resume('ann', response);
  expect(outcomes(alertOf({ id: 'after' }), response)).toEqual(['auto']);
});

test('decided before an outage, not made before its end: too late', async () => {
  const response = autoResponse();
  respondTo(alertOf(), response);
  response.at(NOW + 16 * MINUTE);
  await response.worker().drain();
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'expired', calledAt: undefined }]);
});
