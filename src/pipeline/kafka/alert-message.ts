import type { Alert } from '../../alerts/alert.ts';
import { alertDocument } from '../../alerts/document.ts';
import { SEVERITIES } from '../../detectors/finding.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';

/** The document is what others read; ours read the alert itself. */
export const alertMessage = (topic: string, alert: Alert): OutMessage => ({
  topic,
  partition: 0,
  key: alert.id,
  value: JSON.stringify(alertDocument(alert)),
  headers: { alert: JSON.stringify(alert) },
});

/** @throws ForeignMessage */
export function readAlert({ headers }: KafkaMessage): Alert {
  const written = headers?.['alert'];
  if (written === undefined) throw new ForeignMessage('it has no header alert');
  const alert = parsed(String(written));
  if (!isAlert(alert)) throw new ForeignMessage('its header alert holds no alert');
  return alert;
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isListOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);

/** What delivery and response rely on. */
const isAlert = (value: unknown): value is Alert =>
  isObject(value) &&
  [value.id, value.principal, value.slot, value.title, value.reason].every((text) => typeof text === 'string') &&
  [value.revision, value.openedAt, value.start, value.end].every(Number.isFinite) &&
  (value.status === 'open' || value.status === 'closed') &&
  SEVERITIES.some((severity) => severity === value.severity) &&
  isOptionalText(value.agent) &&
  isOptionalText(value.peerGroup) &&
  isListOf(value.credentials, (id) => typeof id === 'string') &&
  isListOf(value.severityHistory, isObject) &&
  isListOf(value.findings, isObject) &&
  isObject(value.attribution) &&
  Number.isFinite(value.attribution.confidence);
