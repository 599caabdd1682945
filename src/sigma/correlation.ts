import { parseDuration } from '../config/duration.ts';
import type { Conditions } from '../detectors/conditions.ts';
import { anyOf } from './combine.ts';
import { detectorOf, type ImportedDetector } from './imported.ts';
import { type Fields, isFields, type SigmaRule, textsOf } from './rule.ts';
import type { Remarks } from './selection.ts';

/** Most that a `count` counts. */
const MOST = 1_000;
/** Fields that name whose use it was: that is what we count by anyway. */
const WHO = /user|actor|principal|identity|account|client_?id|arn/i;
/** What different values are counted of, by the field that a rule names. */
const DISTINCT: Readonly<Record<string, string>> = {
  ...{ 'cs-uri-stem': 'path', 'c-uri-path': 'path', 'c-uri': 'path', 'cs-uri': 'path', requesturi: 'path' },
  ...{
    'c-ip': 'source',
    src_ip: 'source',
    sourceipaddress: 'source',
    'client.ipaddress': 'source',
    sourceips: 'source',
  },
  ...{ 'cs-user-agent': 'client', 'c-useragent': 'client', useragent: 'client' },
  ...{ eventname: 'action', eventtype: 'action', action: 'action', 'gcp.audit.method_name': 'action' },
};

/** What several rules together mean. A problem is in `remarks` where that can't be said. */
export function correlated(rule: SigmaRule, parts: readonly Conditions[], remarks: Remarks): ImportedDetector[] {
  const correlation = rule.correlation ?? {};
  const cannot = (problem: string): [] => {
    remarks.problems.add(problem);
    return [];
  };
  const type = String(correlation['type']);
  const span = String(correlation['timespan'] ?? '');
  if (parseDuration(span) === undefined)
    return cannot(`correlation.timespan: ${span} is no time such as 10m, 1h or 7d`);
  if (correlation['aliases'] !== undefined)
    return cannot('correlation.aliases: we count for each agent, by no other field');
  for (const field of textsOf(correlation['group-by']))
    if (!WHO.test(field))
      remarks.notes.add(`correlation.group-by: counted for each agent and slot, not for each ${field}`);
  switch (type) {
    case 'event_count':
    case 'value_count': {
      const count = countOf(correlation, type);
      if (typeof count === 'string') return cannot(count);
      return [detectorOf(rule, anyOf(parts), { count: { ...count, within: span } })];
    }
    case 'temporal_ordered':
    case 'temporal': {
      const [first, second] = parts;
      if (first === undefined || second === undefined || parts.length > 2)
        return cannot(`correlation.rules: of ${type} two rules can be said, not ${parts.length}`);
      const inOrder = detectorOf(rule, second, { after: { use: withAll(first), within: span } });
      if (type === 'temporal_ordered') return [inOrder];
      const reversed = detectorOf(rule, first, { after: { use: withAll(second), within: span } });
      return [inOrder, { ...reversed, id: `${inOrder.id.slice(0, 55)}-reverse` }];
    }
    default:
      return cannot(`correlation.type: ${type} can't be said`);
  }
}

const withAll = (conditions: Conditions): Conditions => ({ result: ['success', 'denied', 'error'], ...conditions });

function countOf(correlation: Fields, type: string): { over: number; distinct?: string } | string {
  const condition = isFields(correlation['condition']) ? correlation['condition'] : {};
  const { field, gte, gt, ...others } = condition;
  const [other] = Object.keys(others);
  if (other !== undefined) return `correlation.condition: ${other} can't be said, only gt and gte`;
  const over = typeof gt === 'number' ? gt : typeof gte === 'number' ? gte - 1 : undefined;
  if (over === undefined || !Number.isInteger(over) || over < 1 || over > MOST)
    return `correlation.condition: must ask for more than 1 and at most ${MOST}`;
  if (type === 'event_count') return { over };
  const distinct = DISTINCT[String(field).toLowerCase()];
  return distinct === undefined
    ? `correlation.condition.field: different values of ${field} can't be counted`
    : { over, distinct };
}
