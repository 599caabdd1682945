import type { Alert } from '../../alerts/alert.ts';
import { alertDocument } from '../../alerts/document.ts';
import { loadedAlert, type Status, type StoredAlert, storedAlert } from '../../alerts/stored.ts';
import { SEVERITIES } from '../../detectors/finding.ts';
import { isTime, type KafkaMessage } from '../../kafka/message.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';

/** The document is what others read; ours read the alert itself. */
export const alertMessage = (topic: string, alert: Alert): OutMessage => ({
  topic,
  partition: 0,
  key: alert.id,
  value: JSON.stringify(alertDocument(alert)),
  headers: { alert: JSON.stringify(storedAlert(alert)) },
});

/** @throws ForeignMessage */
export function readAlert({ headers }: KafkaMessage): Alert {
  const written = headers?.['alert'];
  if (written === undefined) throw new ForeignMessage('it has no header alert');
  const alert = parsed(String(written));
  if (!isAlert(alert)) throw new ForeignMessage('its header alert holds no alert');
  return loadedAlert(alert);
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isListOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);

const isOneOf = (words: readonly string[], value: unknown): boolean => words.some((word) => word === value);
const STATES: readonly Alert['state'][] = ['running', 'over'];
const STATUSES: readonly Status[] = ['open', 'closed'];

const isVerdict = (value: unknown): boolean =>
  isObject(value) &&
  (value.value === 'benign' || value.value === 'confirmed') &&
  [value.by, value.because].every((text) => typeof text === 'string') &&
  isTime(value.at);

/** What delivery and response rely on. */
const isAlert = (value: unknown): value is StoredAlert =>
  isObject(value) &&
  [value.id, value.principal, value.slot, value.title, value.reason].every((text) => typeof text === 'string') &&
  [value.revision, value.openedAt, value.start, value.end].every(Number.isFinite) &&
  (value.status === undefined ? isOneOf(STATES, value.state) : isOneOf(STATUSES, value.status)) &&
  SEVERITIES.some((severity) => severity === value.severity) &&
  isOptionalText(value.agent) &&
  isOptionalText(value.peerGroup) &&
  isListOf(value.credentials, (id) => typeof id === 'string') &&
  isListOf(value.severityHistory, isObject) &&
  isListOf(value.findings, isObject) &&
  (value.verdict === undefined || isVerdict(value.verdict)) &&
  isObject(value.attribution) &&
  Number.isFinite(value.attribution.confidence);
