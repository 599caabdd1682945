import type { Advice } from '../detectors/advice.ts';
import type { Finding } from '../detectors/finding.ts';
import type { Alert } from './alert.ts';

/** Page of an ATT&CK or ATLAS technique. */
export const techniqueUrl = (id: string): string =>
  id.startsWith('AML.')
    ? `https://atlas.mitre.org/techniques/${id}`
    : `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;

/** `event.reference`: where to read on about what was found. */
export const referenceOf = (rule: Finding | undefined, advice: Advice | undefined): string | undefined => {
  const [technique] = rule?.threat ?? [];
  return advice?.references[0] ?? (technique && techniqueUrl(technique));
};

/** `event.url`: the alert in the console at this address. */
const urlOf = ({ id }: Pick<Alert, 'id'>, console: string): string =>
  `${console.replace(/\/+$/, '')}/alerts/${encodeURIComponent(id)}`;

/** The same document with it: whoever detects does not know where that is. */
export const withUrl = (
  document: Readonly<Record<string, unknown>>,
  alert: Pick<Alert, 'id'>,
  console: string | undefined,
): Readonly<Record<string, unknown>> => {
  const { event } = document;
  if (console === undefined || typeof event !== 'object') return document;
  return { ...document, event: { ...event, url: urlOf(alert, console) } };
};
