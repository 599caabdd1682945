import type { Alert } from '../../alerts/alert.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { send } from '../../kafka/send.ts';
import type { Store } from '../../sinks/store.ts';
import { alertsToJudge, closingOfAlert, loadAlert, withVerdict } from '../../sinks/store-alerts.ts';
import { alertMessage } from './alert-message.ts';

/**
 * Writes the revision of an alert that has a person's verdict to `wayward.alerts`, where the incident is over: detection knows it no more,
 * while it says a verdict on a running one itself. The store gets it from there as any other, so that until then it is to be said; and
 * whoever says it twice says the same.
 */
export class Verdicts {
  readonly #kafka: Kafka;
  readonly #log: Log;
  #saying: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(kafka: Kafka, log: Log) {
    this.#kafka = kafka;
    this.#log = log;
  }

  /** All that were given and not said, by this or an earlier version. */
  sayAll(store: Store): void {
    for (const { alert, closing } of alertsToJudge(store)) this.#sayOf(alert, withVerdict(alert, closing));
  }

  /** Of these alerts, once what is known of them is saved. */
  say(ids: readonly string[], store: Store): void {
    for (const id of ids) {
      const closing = closingOfAlert(store, id);
      const alert = closing && loadAlert(store, id);
      if (alert !== undefined) this.#sayOf(alert, withVerdict(alert, closing));
    }
  }

  /** Waits for the one that is being said; the others are left to the next process that responds. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#saying;
  }

  #sayOf(before: Alert, alert: Alert): void {
    if (alert === before || before.state === 'running') return;
    this.#saying = this.#saying
      .then(() =>
        this.#isStopped ? undefined : send(this.#kafka, alertMessage(this.#kafka.names.topics.alerts, alert)),
      )
      .catch((error: unknown) =>
        this.#log.warn(
          { alert: alert.id, verdict: alert.verdict?.value, err: error },
          'Elasticsearch does not learn of this verdict until another process responds',
        ),
      );
  }
}
