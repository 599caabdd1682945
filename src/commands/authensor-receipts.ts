import { ReceiptHistory } from '../authensor/receipt-history.ts';
import { type Patience, ReceiptList } from '../authensor/receipt-list.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { wait } from '../kafka/wait.ts';
import { DocumentSource, placeOf } from '../sources/documents.ts';
import type { OpenOptions } from '../sources/open.ts';
import type { Source } from '../sources/source.ts';
import type { CommandIo } from './io.ts';
import { secretContext } from './options.ts';

/**
 * What `--authensor` reads, from the control plane of wayward.yaml; nothing is asked before the first page is.
 * @throws UsageError with what to write
 */
export async function openAuthensorReceipts(
  config: WaywardConfig,
  io: CommandIo,
  resume: OpenOptions['resume'],
): Promise<Source> {
  const { authensor: settings } = config;
  if (settings === undefined)
    throw new UsageError(
      '--authensor: no control plane is known; write authensor: { url: https://authensor.example.com, key: secret://file/authensor.key } into wayward.yaml',
    );
  await config.resolveSecrets(['authensor'], secretContext(io));
  const name = `authensor:${settings.url}`;
  const position = resume?.get(name);
  const patience: Patience = { signal: io.signal, wait };
  const reader = new ReceiptHistory(new ReceiptList(settings, patience), patience, position && placeOf(position));
  return new DocumentSource(name, reader, position);
}
