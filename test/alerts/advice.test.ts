import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import { alertText } from '../../src/commands/alert-text.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { legible } from '../../src/detectors/finding.ts';
import { match } from '../../src/detectors/kinds/match.ts';
import { agent, MONDAY, Watched } from '../baselines/watched.ts';

const rule = (id: string, action: string, severity: Detector['severity'], owasp: readonly string[]): Detector => ({
  id,
  title: `Rule ${id}`,
  description: `Why ${id} matters.\n`,
  kind: match,
  check: match.check({ action }, id),
  severity,
  threat: id === 'export' ? ['T1213.006', 'AML.T0024'] : ['T1485'],
  advice: {
    description: `Why ${id} matters.\n`,
    triage: [`First step of ${id}.`, 'Second step.'],
    falsePositives: [`A reason for ${id}.`],
    references: [`https://example.com/${id}`],
    owasp,
  },
  exceptions: [],
  repeatAfter: 60_000,
});

const rules = [
  rule('export', 'GET /export', 'medium', ['NHI5:2025']),
  rule('drop', 'DROP *', 'critical', ['ASI02:2026']),
];

const alertOf = (actions: readonly string[], detectors: readonly Detector[] = rules): Alert => {
  const watched = new Watched([agent('a')], detectors);
  for (const [index, action] of actions.entries()) watched.use(MONDAY + index * 1_000, { action });
  return watched.alerts[0] as Alert;
};

describe('an alert tells a person what to do', () => {
  test('what the rule says is in the document, the weaknesses of all findings with it', () => {
    const document = alertDocument(alertOf(['GET /export', 'DROP public.orders']));
    expect(document).toMatchObject({
      rule: { id: 'drop', description: 'Why drop matters.', reference: ['https://example.com/drop'] },
      threat: {
        technique: {
          id: ['AML.T0024', 'T1213.006', 'T1485'],
          reference: [
            'https://atlas.mitre.org/techniques/AML.T0024',
            'https://attack.mitre.org/techniques/T1213/006/',
            'https://attack.mitre.org/techniques/T1485/',
          ],
        },
      },
      wayward: {
        triage: ['First step of drop.', 'Second step.'],
        false_positives: ['A reason for drop.'],
        owasp: ['ASI02:2026', 'NHI5:2025'],
      },
    });
  });

  test('it is kept once, however many findings of a detector there are', () => {
    const alert = alertOf(['DROP a', 'DROP b', 'DROP c']);
    expect(alert.findings).toHaveLength(3);
    expect(Object.keys(alert.advice ?? {})).toEqual(['drop']);
    expect(JSON.stringify(alert.findings)).not.toContain('First step');
  });

  test('alerts show prints it', () => {
    const text = alertText(alertOf(['DROP public.orders']), [], []);
    expect(text).toContain('What to look at (drop)\n  1. First step of drop.\n  2. Second step.\n');
    expect(text).toContain('  may be harmless: A reason for drop.\n  OWASP: ASI02:2026\n  https://example.com/drop\n');
  });

  test('one of an earlier Wayward, or of a detector that says nothing, is shown without', () => {
    const { advice: _, ...silent } = rule('drop', 'DROP *', 'critical', []);
    const alert = alertOf(['DROP public.orders'], [silent]);
    expect(alert).not.toHaveProperty('advice');
    expect(alertDocument(alert)).not.toHaveProperty('wayward.triage');
    expect(alertText(alert, [], [])).not.toContain('What to look at');
  });
});

describe('numbers without digits that say nothing', () => {
  test.each([
    [1.8250000476837158, 1.83],
    [0.1 + 0.2, 0.3],
    [1_234.567, 1_235],
    [-0.123456, -0.123],
    [3, 3],
    ['3.14159 days', '3.14159 days'],
  ])('%s is shown as %s', (value, shown) => {
    expect(legible(value)).toBe(shown);
  });

  test('nor does an alert that an earlier Wayward kept show them', () => {
    const kept = alertOf(['DROP public.orders']);
    const [finding] = kept.findings;
    const alert = { ...kept, findings: [{ ...finding, expected: 1.8250000476837158 }] } as Alert;
    expect(alertDocument(alert)).toMatchObject({ wayward: { findings: [{ expected: '1.83' }] } });
  });
});
