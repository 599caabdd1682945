import { type Alert, severityRose } from '../../alerts/alert.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { alertMessage } from './alert-message.ts';

/**
 * The revisions of alerts that others must see: each at which the severity rose, since that is a call to the SOC of its own,
 * and the newest. So what is said does not depend on where a transaction ends.
 */
export class AlertRevisions {
  readonly #rose: Alert[] = [];
  readonly #newest = new Map<string, Alert>();

  take(alert: Alert): void {
    if (severityRose(alert)) this.#rose.push(alert);
    this.#newest.set(alert.id, alert);
  }

  get isEmpty(): boolean {
    return this.#newest.size === 0;
  }

  forget(): void {
    this.#rose.length = 0;
    this.#newest.clear();
  }

  /** In the order in which they came; they are forgotten. */
  messages(topic: string): OutMessage[] {
    const newest = [...this.#newest.values()].filter((alert) => !this.#rose.includes(alert));
    const messages = [...this.#rose, ...newest].map((alert) => alertMessage(topic, alert));
    this.forget();
    return messages;
  }
}
