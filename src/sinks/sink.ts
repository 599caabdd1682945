import type { z } from 'zod';
import type { Alert } from '../alerts/alert.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import type { DeliveryState } from './patience.ts';

/** One form of an alert on its way: the newest, or one at which its severity rose. */
export interface AlertRevision {
  readonly alert: Alert;
  /** `alertDocument(alert)` */
  readonly document: Readonly<Record<string, unknown>>;
  /** Whether the severity rose at this revision: something new for whoever reads alerts. */
  readonly rose: boolean;
}

export type Deliverable = AlertRevision | OutgoingDocument;

/** A document that a sink will never take, with its reason, which quotes no value. */
export interface RejectedDocument {
  /** Where it was to go: a data stream, an index, a kind of event. */
  readonly target: string;
  readonly id: string;
  /** The sink's name for the error. */
  readonly type: string;
  readonly reason: string;
}

export interface DeliveryCounts {
  /** Documents that will never be taken. */
  readonly rejected: number;
  /** Requests and lookups that had to be repeated. */
  readonly retries: number;
  /** Alerts that wait now because of a limit of the sink. */
  readonly heldBack: number;
}

/** Where alerts and documents go. */
export interface Sink {
  readonly state: DeliveryState;
  readonly counts: DeliveryCounts;
  /**
   * Resolves when each is taken or was handed to `rejected`, however long that takes. Calls may overlap.
   * @param redelivered whether any of it may have been delivered before, by this process or by one that died
   * @param until gives up, without knowing what was delivered
   * @throws AbortError when stopped before
   */
  deliver(items: readonly Deliverable[], redelivered: boolean, until?: AbortSignal): Promise<void>;
  /** Ends everything at once; what was not confirmed is to be delivered again. */
  stop(): void;
  close(): Promise<void>;
}

export interface SinkOptions {
  /** Keeps a rejected document; delivery waits for it. */
  readonly rejected: (document: RejectedDocument) => Promise<void> | void;
  /** Called when trouble begins and when all of it is over. */
  readonly stateChanged?: (state: DeliveryState) => void;
}

export interface SinkKind<Settings> {
  /** Under it stand its settings in wayward.yaml. */
  readonly id: string;
  /** For messages: `Elasticsearch`. */
  readonly title: string;
  /** For the docs: what it gets, what it promises of repeats and of loss, and against what that is tested. */
  readonly about: { readonly gets: string; readonly promises: string; readonly tested: string };
  readonly settings: z.ZodType<Settings>;
  /** Settings with absolute paths: relative ones start at `folder`. */
  located?(settings: Settings, folder: string): Settings;
  /**
   * With its secrets resolved. A server that is away is no reason not to open: what is to be delivered waits.
   * @throws ServerUnavailableError when a person has to do something first
   */
  open(settings: Settings, options: SinkOptions): Promise<Sink>;
}
