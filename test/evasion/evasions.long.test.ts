import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { severityRank } from '../../src/detectors/finding.ts';
import { EVASIONS, INNOCENT, UNREADABLE } from './evasions.ts';
import { agentOf, alertsOf, LOGS } from './world.ts';

/** Nothing that an agent does to how its deeds are written makes them less: the same alerts as if they were written plainly. */

const about = (alerts: readonly Alert[], agent: string): readonly Alert[] =>
  alerts.filter((alert) => alert.agent === agent);
const worst = (alerts: readonly Alert[]): number =>
  Math.max(-1, ...alerts.map(({ severity }) => severityRank(severity)));
const MEDIUM = severityRank('medium');

test.each(LOGS)('three weeks of ordinary use: %s', async (log) => {
  expect((await alertsOf(log, [])).filter(({ severity }) => severity !== 'low')).toEqual([]);
});

test.each(INNOCENT)('nothing is made of $name ($log)', async ({ log, lines }) => {
  expect(await alertsOf(log, lines)).toEqual(await alertsOf(log, []));
});

describe('a deed that is written otherwise is found as the plain one is', () => {
  const foundAsPlain = async ({ log, plain, evaded, names, hidden }: (typeof EVASIONS)[number]): Promise<void> => {
    const agent = agentOf(log);
    const [wanted, found] = [await alertsOf(log, plain), await alertsOf(log, evaded)];
    const [ofPlain, ofEvaded] = [about(wanted, agent), about(found, agent)];
    expect(worst(ofPlain)).toBeGreaterThanOrEqual(MEDIUM);
    if (hidden === true) expect(worst(ofEvaded)).toBeGreaterThanOrEqual(MEDIUM);
    else expect(worst(ofEvaded)).toBe(worst(ofPlain));
    expect(ofEvaded.flatMap(({ related }) => related.actions).join('\n')).toContain(names);
    // On nobody else, and no more of them.
    expect(found.length).toBe(wanted.length);
  };

  test.each(EVASIONS)('$name ($log)', foundAsPlain);
});

describe('what stays unreadable is an alert', () => {
  test.each(UNREADABLE)('$name ($log): about the $about', async (unreadable) => {
    const { log, lines } = unreadable;
    const before = (await alertsOf(log, [])).map(({ id }) => id);
    const alerts = (await alertsOf(log, lines)).filter(({ id }) => !before.includes(id));
    const agent = unreadable.about === 'agent' ? agentOf(log) : undefined;
    expect(alerts.map((alert) => [alert.agent, alert.severity])).toEqual([[agent, 'medium']]);
    expect(alerts[0]?.findings.map(({ detector }) => detector)).toEqual(['unreadable']);
    expect(alerts[0]?.reason).toContain(unreadable.says ?? 'could not be used');
    if (agent === undefined) expect(alerts[0]?.principal).toMatch(/^source\//);
    // It is nothing to act upon.
    expect(alerts[0]?.credentials).toEqual(agent === undefined ? [] : [agent]);
    expect(alerts[0]?.declaredOnly ?? []).toEqual(alerts[0]?.credentials);
  });
});
