import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { breakerText } from '../../src/response/breaker-page.ts';
import { resume } from '../../src/response/control.ts';
import { openBreaker } from '../../src/response/limits.ts';
import { respondTo } from '../../src/response/responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const SETTINGS = { postgres: { url: await secretOf('postgresql://nobody@127.0.0.1:1/none') } };
const MINUTE = 60_000;

/** Agents with one credential each; `all-N` of one peer group, the others each of its own. */
const agent = (name: string, peerGroup = name) => credentialOf({ id: `cred-${name}`, agent: name, peerGroup });
const many = (size: number, prefix: string, peerGroup?: string) =>
  Array.from({ length: size }, (_, index) => agent(`${prefix}-${index}`, peerGroup));

const place = (credentials: ReturnType<typeof agent>[], config: object = {}) =>
  responseOf({ mode: 'auto', ...config }, credentials, SETTINGS);

const outcome = (response: TestResponse, name: string, changes: Partial<Alert> = {}): string | undefined =>
  respondTo(alertOf({ id: `alert-${name}`, credentials: [`cred-${name}`], ...changes }), response)[0]?.outcome;

const sure = (confidence: number): Alert['attribution'] => ({ method: 'db_user', confidence, proof: 'verified' });
const THEFT: Partial<Alert> = { severity: 'critical', attribution: sure(0.95) };

/** What somebody makes of agents who did nothing grave; none of it may shield a theft. */
const NOISE: readonly (readonly [string, Partial<Alert>])[] = [
  ['high, and sure', { severity: 'high', attribution: sure(1) }],
  ['critical, and not quite sure', { severity: 'critical', attribution: sure(0.94) }],
  ['high, and doubtful', { severity: 'high', attribution: sure(0.8) }],
  ['critical only by what is declared', { severity: 'critical', provenSeverity: 'high', attribution: sure(1) }],
];

for (const [noise, changes] of NOISE) {
  test.each([2, 5, 20])(`a theft after forty alerts that are ${noise} is still stopped: limit %i`, (credentials) => {
    const response = place([...many(40, 'noise'), agent('thief')], { limits: { credentials } });
    const before = many(40, 'noise').map(({ agent: name }) => outcome(response, name, changes));
    expect(before.filter((one) => one === 'auto')).toHaveLength(credentials - 1);
    expect(outcome(response, 'thief', THEFT)).toBe('auto');
  });

  test.each([2, 3, 6, 30])(`the same in a peer group of %i: ${noise}`, (size) => {
    const response = place(many(size, 'all', 'group'), { limits: { credentials: 100 } });
    const before = many(size - 1, 'all').map(({ agent: name }) => outcome(response, name, changes));
    expect(before[0]).toBe('auto'); // one agent is always within it
    expect(outcome(response, `all-${size - 1}`, THEFT)).toBe('auto');
  });
}

test('the same after a restart, and after hours of an open breaker', () => {
  const credentials = [...many(9, 'noise'), agent('thief')];
  const response = place(credentials);
  for (const { agent: name } of many(9, 'noise')) outcome(response, name);
  const restarted = responseOf({ mode: 'auto' }, credentials, SETTINGS, { folder: response.folder });
  const openedAt = NOW + 300 * MINUTE;
  restarted.at(openedAt);
  expect(outcome(restarted, 'noise-8', { id: 'later', openedAt })).toBe('approve');
  expect(outcome(restarted, 'thief', { ...THEFT, openedAt })).toBe('auto');
});

test('thefts have the limit among themselves: the breaker opens for all, and says so once more', () => {
  const response = place([...many(9, 'noise'), ...many(9, 'thief')], {
    webhook: { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY' },
  });
  for (const { agent: name } of many(9, 'noise')) outcome(response, name);
  expect(breakerText(response)).toContain('only a critical alert with an attribution of 0.95 or more still revokes');
  expect(many(3, 'thief').map(({ agent: name }) => outcome(response, name, THEFT))).toEqual([
    'auto',
    'approve',
    'approve',
  ]);
  expect(openBreaker(response.state)).not.toHaveProperty('sparesGrave');
  expect(breakerText(response)).toContain('Nothing more is revoked automatically until a person closes it');
  const pages = response.outbox.due('notify', NOW).filter(({ kind }) => kind === 'page');
  expect(pages.map(({ detail }) => JSON.parse(detail).data.spares_critical).toSorted()).toEqual([false, true]);
  resume('ann', response);
  expect(outcome(response, 'thief-5', THEFT)).toBe('auto');
});

test('five thefts and nothing else: the limit holds for them', () => {
  const response = place(many(9, 'thief'));
  const decided = many(9, 'thief').map(({ agent: name }) => outcome(response, name, THEFT));
  expect(decided.filter((one) => one === 'auto')).toHaveLength(5);
});

test.each([2, 5])('thefts of a group of %i hit one of it', (size) => {
  const response = place(many(size, 'all', 'group'), { limits: { credentials: 100 } });
  const decided = many(size, 'all').map(({ agent: name }) => outcome(response, name, THEFT));
  expect(decided.filter((one) => one === 'auto')).toHaveLength(1);
});

test('of a limit of one, nothing is kept: no more than one is revoked, whatever comes', () => {
  const response = place([agent('noise'), agent('thief')], { limits: { credentials: 1 } });
  expect(outcome(response, 'noise')).toBe('auto');
  expect(outcome(response, 'thief', THEFT)).toBe('approve');
});

test('a breaker that an earlier version opened is open for all', () => {
  const response = place([agent('thief')]);
  response.state.setSetting('response.breaker', { at: NOW, because: 'so many' });
  expect(outcome(response, 'thief', THEFT)).toBe('approve');
});
