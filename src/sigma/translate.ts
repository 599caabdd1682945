import type { Conditions } from '../detectors/conditions.ts';
import { parseCondition } from './condition.ts';
import { correlated } from './correlation.ts';
import { detectorOf, type ImportedDetector } from './imported.ts';
import { LOG_SOURCE_NAMES, LOG_SOURCES } from './log-sources.ts';
import { isFields, type SigmaRule, textsOf } from './rule.ts';
import { type Remarks, Selections } from './selection.ts';

/** What became of one rule. */
export interface Translated {
  readonly rule: SigmaRule;
  /** Empty where it could not be said. */
  readonly detectors: readonly ImportedDetector[];
  readonly notes: readonly string[];
  readonly leftOut: readonly string[];
  readonly problems: readonly string[];
}

/** Rules and what several of them together mean. What a correlation is about alerts by itself only where it says so (`generate`). */
export function translate(rules: readonly SigmaRule[]): Translated[] {
  const base = rules.filter(({ correlation }) => correlation === undefined).map((rule) => ({ rule, ...read(rule) }));
  const quiet = new Set(
    rules.flatMap(({ correlation }) =>
      correlation === undefined || correlation['generate'] === true ? [] : textsOf(correlation['rules']),
    ),
  );
  const isQuiet = ({ id, name }: SigmaRule): boolean => quiet.has(id ?? '') || quiet.has(name ?? '');
  const alone = base.map(({ rule, conditions, remarks }) => {
    const detectors = conditions === undefined || isQuiet(rule) ? [] : [detectorOf(rule, conditions)];
    if (conditions !== undefined && isQuiet(rule))
      remarks.notes.add('only a part of a correlation: no detector of its own');
    return told(rule, detectors, remarks);
  });
  const together = rules.flatMap((rule) => {
    if (rule.correlation === undefined) return [];
    const remarks = nothingSaid();
    const parts = textsOf(rule.correlation['rules']).map((name) => {
      const part = base.find((one) => one.rule.id === name || one.rule.name === name);
      if (part === undefined) remarks.problems.add(`rules: ${name} is no rule of these files`);
      else if (part.conditions === undefined) remarks.problems.add(`rules: ${name} can't be said`);
      return part?.conditions;
    });
    const known = parts.filter((part) => part !== undefined);
    const detectors = known.length < parts.length ? [] : correlated(rule, known, remarks);
    return [told(rule, remarks.problems.size > 0 ? [] : detectors, remarks)];
  });
  return [...alone, ...together];
}

const nothingSaid = (): Remarks => ({ notes: new Set(), leftOut: new Set(), problems: new Set() });

const told = (rule: SigmaRule, detectors: readonly ImportedDetector[], remarks: Remarks): Translated => ({
  rule,
  detectors,
  notes: [...remarks.notes],
  leftOut: [...remarks.leftOut],
  problems: [...remarks.problems],
});

function read({ logsource, detection }: SigmaRule): { conditions: Conditions | undefined; remarks: Remarks } {
  const remarks = nothingSaid();
  const fail = (problem: string) => {
    remarks.problems.add(problem);
    return { conditions: undefined, remarks };
  };
  const source = LOG_SOURCES.find(({ fits }) => fits(logsource));
  if (source === undefined) {
    const { category, product, service } = logsource;
    const named = [category, product, service].filter((word) => word !== '').join(' ') || 'none';
    return fail(`logsource: ${named} is not one that events have; ${LOG_SOURCE_NAMES}`);
  }
  if (detection === undefined) return fail('detection: is missing');
  const { condition, timeframe, ...selections } = detection;
  if (timeframe !== undefined) return fail('detection.timeframe: belongs to an old form; write a correlation');
  const texts = textsOf(condition);
  if (texts.length === 0) return fail('detection.condition: is missing');
  try {
    const trees = texts.map((text) => parseCondition(text, Object.keys(selections)));
    const tree = trees.length === 1 && trees[0] !== undefined ? trees[0] : { is: 'or' as const, of: trees };
    const conditions = new Selections(selections, source, remarks).conditionsOf(tree);
    const found = conditions && { ...source.of, ...('dataset' in conditions ? { all: [conditions] } : conditions) };
    return { conditions: found, remarks };
  } catch (error) {
    return fail(`detection.condition: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether a file has anything that could be a rule. */
export const isRule = ({ detection, correlation }: SigmaRule): boolean => isFields(detection) || isFields(correlation);
