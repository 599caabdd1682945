import type { Alert } from '../alerts/alert.ts';
import type { Activity } from '../baselines/activity.ts';
import type { ObservedFinding } from '../detectors/observed-finding.ts';
import { observedDocument } from '../documents/observed.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import { responseDocuments } from '../documents/response.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Store } from '../sinks/store.ts';
import type { OutgoingTable } from '../sinks/store-outgoing.ts';

/** Setting of the store: the last entry of the audit trail that was put on its way. */
const TOLD = 'delivery.audit';
/** Documents worth saving ahead of time. */
const LARGE = 5_000;

/** Puts on its way to every sink what one process finds out, in the transaction that saves it. */
export class Outgoing {
  readonly #store: Store;
  readonly #tables: readonly OutgoingTable[];
  #observed: OutgoingDocument[] = [];

  constructor(store: Store, tables: readonly OutgoingTable[]) {
    this.#store = store;
    this.#tables = tables;
  }

  /** Keeps it until `save`. */
  observe(activity: Activity | ObservedFinding): void {
    this.#observed.push(observedDocument(activity));
  }

  get isLarge(): boolean {
    return this.#observed.length >= LARGE;
  }

  /** Call it in a transaction. Each revision at which the severity rose, and the newest of each alert. */
  save(rose: readonly Alert[], newest: readonly Alert[]): void {
    const risen = new Set(rose);
    for (const table of this.#tables) {
      for (const alert of rose) table.putAlert({ alert, rose: true });
      for (const alert of newest) if (!risen.has(alert)) table.putAlert({ alert, rose: false });
      for (const document of this.#observed) table.putDocument(document);
    }
    this.#observed = [];
  }

  /** Now, in a transaction of their own. */
  put(documents: readonly OutgoingDocument[]): void {
    this.#store.transaction(() => {
      for (const table of this.#tables) for (const document of documents) table.putDocument(document);
    });
  }

  /** What response has done since the last time, in this process or in a command beside it. */
  takeResponse({ audit, outbox, plan }: ResponseContext): void {
    const told = Number(this.#store.setting(TOLD) ?? 0);
    if (audit.last === told) return; // asked often: takes no lock
    this.#store.transaction(() => {
      const entries = audit.after(told);
      for (const entry of entries) {
        const knowledge = {
          steps: outbox.ofCause(entry.cause ?? ''),
          credentialOf: (id: string) => plan.credentials.get(id),
        };
        this.put(responseDocuments(entry, knowledge));
      }
      this.#store.setSetting(TOLD, entries.at(-1)?.seq ?? told);
    });
  }
}
