import type { Alert } from '../alerts/alert.ts';
import { happenedDocument } from '../alerts/happened-document.ts';
import type { AuditEntry } from '../response/audit.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { activityLines } from './activity-lines.ts';
import { printable } from './table.ts';

/** Enough of an id to type and still be unique. */
const SHORT_ID = 12;

/** One alert for a person: what it is, what was found, what was done and when. */
export function alertText(alert: Alert, steps: readonly OutboxStep[], record: readonly AuditEntry[]): string {
  const lines = [
    alert.title,
    alert.reason,
    '',
    field('id', alert.id),
    field('severity', `${alert.severity} (risk ${alert.riskScore}, ${alert.bits} bits)`),
    field('principal', alert.principal),
    field('credentials', alert.credentials.join(', ') || '-'),
    ...(alert.owners === undefined ? [] : [field('owner', alert.owners.join(', '))]),
    field('attribution', `${alert.attribution.method}, confidence ${alert.attribution.confidence}`),
    field('from', iso(alert.start)),
    field('to', iso(alert.end)),
    field('sources', alert.related.ip.join(', ') || '-'),
    ...(alert.campaign === undefined ? [] : [field('campaign', alert.campaign)]),
    field('incident', alert.state),
    field('verdict', verdictText(alert)),
    '',
    'Findings',
    ...alert.findings.map(
      ({ time, severity, detector, reason }) => `  ${iso(time)}  ${severity}  ${detector}: ${reason}`,
    ),
    ...activityLines(alert.happened && happenedDocument(alert.happened)),
    ...adviceLines(alert),
    '',
    'Response',
    ...(record.length === 0 ? ['  none'] : record.map((entry) => `  ${entry.at}  ${entryText(entry)}`)),
    ...steps.filter(({ doneAt }) => doneAt === undefined).map((step) => `  now: ${step.credential} is ${step.state}`),
    ...nextLines(alert),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** What a person can do now. */
const nextLines = ({ id, credentials, verdict }: Alert): string[] => {
  const short = id.slice(0, SHORT_ID);
  return [
    '',
    'Next',
    ...credentials.map(
      (credential) => `  wayward revoke --credential ${credential}    shows the plan; --execute does it`,
    ),
    ...(verdict === undefined ? [`  wayward alerts close ${short} --as confirmed|benign --because "…"`] : []),
    `  wayward explain ${short} LOGS…    the records that it rests on, with file and place`,
  ];
};

const adviceLines = ({ advice = {} }: Alert): string[] =>
  Object.entries(advice).flatMap(([detector, { triage, falsePositives, references, owasp }]) => {
    const lines = [
      ...triage.map((step, index) => `  ${index + 1}. ${step}`),
      ...falsePositives.map((text) => `  may be harmless: ${text}`),
      ...(owasp.length === 0 ? [] : [`  OWASP: ${owasp.join(', ')}`]),
      ...references.map((url) => `  ${url}`),
    ];
    return lines.length === 0 ? [] : ['', `What to look at (${detector})`, ...lines];
  });

const field = (name: string, value: string): string => `  ${name.padEnd(12)} ${value}`;
const iso = (time: number): string => new Date(time).toISOString();

const verdictText = ({ verdict }: Alert): string =>
  verdict === undefined
    ? 'none yet: wayward alerts close ID gives one'
    : `${verdict.value} by ${verdict.by} at ${iso(verdict.at)}: ${verdict.because}`;

function entryText(entry: AuditEntry): string {
  if (Array.isArray(entry.steps)) {
    const steps = entry.steps.map(({ credential, outcome, because }) => `${credential}: ${outcome} (${because})`);
    return `decided: ${steps.join('; ') || 'no credential of the registry to revoke'}`;
  }
  const parts = [entry.credential, entry.note, entry.because].filter((part) => part !== undefined);
  const how = entry['via'] === 'link' ? ' (by a signed link)' : '';
  return `${entry.type} by ${entry.by}${how}${parts.length === 0 ? '' : `: ${parts.join(': ')}`}`;
}
