import { ReceiptHistory } from '../authensor/receipt-history.ts';
import { type Patience, ReceiptList } from '../authensor/receipt-list.ts';
import type { AuthensorSettings } from '../authensor/settings.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import { wait } from '../kafka/wait.ts';
import { type DocumentPlace, DocumentSource, placeOf } from '../sources/documents.ts';
import type { OpenOptions } from '../sources/open.ts';
import { PolledDocuments } from '../sources/polled-documents.ts';
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
  if (config.authensor === undefined)
    throw new UsageError(
      '--authensor: no control plane is known; write authensor: { url: https://authensor.example.com, key: secret://file/authensor.key } into wayward.yaml',
    );
  await config.resolveSecrets(['authensor'], secretContext(io));
  const name = nameOf(config.authensor);
  const position = resume?.get(name);
  return new DocumentSource(name, readerOf(config.authensor, io)(position && placeOf(position)), position);
}

/** Milliseconds between two questions; one that finds nothing new is one request of the 120 a minute that a key has. */
const EVERY = 10_000;
/** How long after its time a receipt may come in order: it is settled before it is read, and asked for every so often. */
export const RECEIPTS_SETTLE = EVERY + 5_000;

/** The same for a service: it goes on asking. `changed` is called with what is wrong when Authensor begins to fail, and without it when it answers again. */
export async function followAuthensorReceipts(
  config: WaywardConfig,
  settings: AuthensorSettings,
  io: CommandIo,
  resume: OpenOptions['resume'],
  changed: (trouble: string | undefined) => void,
): Promise<{ readonly source: Source; readonly polled: PolledDocuments }> {
  await config.resolveSecrets(['authensor'], secretContext(io));
  const position = resume?.get(nameOf(settings));
  const polled = new PolledDocuments({
    open: readerOf(settings, io),
    from: position && placeOf(position),
    mayPass: (error) => error instanceof ServerUnavailableError || error instanceof UsageError,
    every: EVERY,
    changed,
  });
  return { source: new DocumentSource(nameOf(settings), polled, position), polled };
}

const nameOf = ({ url }: AuthensorSettings): string => `authensor:${url}`;

const readerOf = (settings: AuthensorSettings, io: CommandIo) => {
  const patience: Patience = { signal: io.signal, wait };
  const list = new ReceiptList(settings, patience);
  return (from: DocumentPlace | undefined) => new ReceiptHistory(list, patience, from);
};
