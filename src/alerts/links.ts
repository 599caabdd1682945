import type { Finding } from '../detectors/finding.ts';
import type { Alert } from './alert.ts';

/** Of a technique at MITRE. */
const pageOf = (technique: string): string =>
  technique.startsWith('AML.')
    ? `https://atlas.mitre.org/techniques/${technique}`
    : `https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`;

/** `event.reference`: where to read on about what was found. */
export const referenceOf = (rule: Finding | undefined): string | undefined => {
  const [technique] = rule?.threat ?? [];
  return technique && pageOf(technique);
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
