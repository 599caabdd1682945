import { hash } from 'node:crypto';
import { wordOfVerdict } from '../../alerts/verdict.ts';
import type { OperatorCommand } from '../../operator/command.ts';
import type { ElasticVerdict } from '../../sinks/elasticsearch/verdicts.ts';
import type { Store } from '../../sinks/store.ts';
import { closingOfAlert, loadAlert } from '../../sinks/store-alerts.ts';

/**
 * The command that gives a verdict from elsewhere to detection and response; undefined where it changes nothing. The same verdict is the
 * same command, by whichever process: it is executed once.
 */
export function verdictCommand(
  { alert: id, value, by, at, because }: ElasticVerdict,
  store: Store,
): OperatorCommand | undefined {
  const known = closingOfAlert(store, id);
  if (known !== undefined && (known.verdict === value || known.at >= at)) return undefined;
  const alert = loadAlert(store, id);
  if (alert === undefined) return undefined;
  const { principal, peerGroup, start, end } = alert;
  return {
    say: 'close',
    id: uuidOf(`${id} ${value} ${at}`),
    alert: { id, principal, start, end, ...(peerGroup !== undefined && { peerGroup }) },
    verdict: wordOfVerdict(value),
    because,
    by,
  };
}

/** A UUID of one's own making (version 8). */
function uuidOf(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
