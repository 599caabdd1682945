import type { Alert } from '../../src/alerts/alert.ts';
import type { Credential } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { Activity } from '../../src/baselines/activity.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { type CredentialUse, NOTHING_ELSE } from '../../src/event.ts';
import { Core } from '../../src/pipeline/core.ts';
import { PROOF } from '../../src/proof.ts';
import { credential } from '../attribution/helpers.ts';
import { shippedDetectors } from '../quality/measure.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday. */
export const MONDAY = Date.UTC(2026, 0, 5);

export type Fields = Partial<Omit<CredentialUse, 'time'>>;

/** An agent of its own, without peers unless `peerGroup` says so. */
export const agent = (id: string, fields: Partial<Credential> = {}): Credential =>
  credential(id, { agent: id, peerGroup: id, slot: 'api', ...fields });

const shipped = shippedDetectors();

/** Agents under the detectors that come with Wayward; uses go in one by one, in order of time. */
export class Watched {
  core: Core;
  readonly #alerts = new Map<string, Alert>();
  #uses = 0;
  readonly #last = new Map<string, number>();
  #held: { readonly time: number; readonly fields: Fields; readonly who: string }[] | undefined;

  constructor(
    credentials: readonly Credential[] = [agent('a')],
    detectors: readonly Detector[] = shipped,
    observed?: (activity: Activity) => void,
  ) {
    const changed = (alert: Alert): unknown => this.#alerts.set(alert.id, alert);
    this.core = new Core(createRegistry(credentials), detectors, changed, { observed });
  }

  /** All alerts so far, in their last form, as if peers had had the time to explain them. */
  get alerts(): readonly Alert[] {
    this.core.decide(Number.POSITIVE_INFINITY);
    return [...this.#alerts.values()];
  }

  /** Those of medium or higher. */
  get worth(): readonly Alert[] {
    return this.alerts.filter(({ severity }) => severity !== 'low');
  }

  /** From now on uses go into another core. */
  goesOn(core: Core): void {
    this.core = core;
  }

  /** What `make` does at once goes in by time, whatever it names first. */
  together(make: () => void): void {
    this.#held = [];
    make();
    const uses = this.#held.toSorted((a, b) => a.time - b.time);
    this.#held = undefined;
    for (const { time, fields, who } of uses) this.use(time, fields, who);
  }

  /** @throws Error where a principal's use is before an earlier one, and not said to be late: it would count for nothing */
  use(time: number, fields: Fields = {}, who = 'a', late?: { late: boolean; lateMs: number; orderTime: number }): void {
    if (this.#held !== undefined) {
      this.#held.push({ time, fields, who });
      return;
    }
    if (late === undefined && time < (this.#last.get(who) ?? 0)) throw new Error(`${who}: a use before the last one`);
    this.#last.set(who, Math.max(time, this.#last.get(who) ?? 0));
    const place = late ?? { late: false, lateMs: 0, orderTime: time };
    const id = `event-${this.#uses++}`;
    this.core.process([
      {
        use: {
          ...NOTHING_ELSE,
          time,
          format: 'test',
          dataset: 'test.access',
          action: 'GET /v1/orders/{id}',
          result: 'success',
          proof: fields.result === 'rejected' ? PROOF.failed : PROOF.keyMap,
          identities: [{ key: 'credential_id', value: who }],
          sourceIp: '10.4.1.7',
          client: 'agent/1.0',
          bytes: 500,
          ...fields,
        },
        id: () => id,
        ...place,
        attribution: {
          method: 'none',
          confidence: 0,
          principal: undefined,
          credential: undefined,
          ambiguous: undefined,
        },
      },
    ]);
  }

  /** One use every `every` minutes from hour `from` to hour `to` (UTC) of a day. */
  work(day: number, { from = 8, to = 18, every = 5 } = {}, fields: Fields = {}, who = 'a'): void {
    for (let time = day + from * HOUR; time < day + to * HOUR; time += every * MINUTE) this.use(time, fields, who);
  }

  /** Working days, Monday to Friday, of as many weeks; gives the Monday after. */
  weeks(count: number, hours: { from?: number; to?: number; every?: number } = {}, who = 'a', first = MONDAY): number {
    for (let week = 0; week < count; week++) {
      for (let day = 0; day < 5; day++) this.work(first + (week * 7 + day) * DAY, hours, {}, who);
    }
    return first + count * 7 * DAY;
  }

  /** `count` uses, `apart` milliseconds from each other. */
  burst(time: number, count: number, apart: number, fields: Fields = {}, who = 'a'): void {
    for (let index = 0; index < count; index++) this.use(time + index * apart, fields, who);
  }
}
