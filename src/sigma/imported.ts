import type { Conditions } from '../detectors/conditions.ts';
import type { Severity } from '../detectors/finding.ts';
import type { SigmaRule } from './rule.ts';

/** A detector's file, as it is written. */
export interface ImportedDetector {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly stage: 'observe';
  readonly kind: 'match';
  readonly severity: Severity;
  readonly threat: readonly string[];
  readonly false_positives: readonly string[];
  readonly references: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

const LEVELS: Readonly<Record<string, Severity>> = { medium: 'medium', high: 'high', critical: 'critical' };
const MOST_TEXT = 300;
const MOST = 8;

/** Rules of Sigma are about every record: of ours, about those that failed, too. It only observes until a person has looked. */
export const detectorOf = (rule: SigmaRule, conditions: Conditions, more: object = {}): ImportedDetector => ({
  id: idOf(rule.title),
  title: clean(rule.title).slice(0, 100),
  description: clean(rule.description || rule.title) + (rule.id === undefined ? '' : ` (Sigma rule ${clean(rule.id)})`),
  stage: 'observe',
  kind: 'match',
  severity: LEVELS[rule.level] ?? 'low',
  threat: rule.tags.flatMap((tag) => {
    const [, technique] = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag) ?? [];
    return technique === undefined ? [] : [technique.toUpperCase()];
  }),
  false_positives: rule.falsePositives.slice(0, MOST).map((text) => clean(text).slice(0, MOST_TEXT)),
  references: rule.references.filter((url) => /^https:\/\/\S{1,290}$/.test(url)).slice(0, MOST),
  parameters: { result: ['success', 'denied', 'error'], ...conditions, ...more },
});

const clean = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();

const idOf = (title: string): string => {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? ['rule'];
  return `sigma-${words.join('-')}`.slice(0, 60).replace(/-+$/, '');
};
