import type { Registry } from '../../attribution/registry.ts';
import { credentialOf } from '../../attribution/route.ts';
import { isSighting, sightingRoute } from '../../detectors/source-watch.ts';
import type { CredentialUse } from '../../event.ts';
import { PendingUse } from '../ordered.ts';

const DAY = 86_400_000;
/** Agents at addresses; one that was forgotten is said again, which changes nothing. */
const MOST_KNOWN = 20_000;

interface Said {
  readonly day: number;
  readonly time: number;
}

/** From where agents are used, for the partition where their source is looked at: the first use of each agent from each address on a day. */
export class Sightings {
  readonly #said = new Map<string, Said>();

  /** What is to be said of it beside the event itself, and where; undefined for most. */
  of(event: PendingUse, registry: Registry): { readonly route: string; readonly event: PendingUse } | undefined {
    const { use } = event;
    if (!isSighting(use)) return undefined;
    const agent = credentialOf(use, registry)?.agent;
    if (agent === undefined || !this.#isNews(`${use.sourceIp}\n${agent}`, use)) return undefined;
    const sighting = PendingUse.of(use, event.orderTime, event.late, event.recordId);
    sighting.sight = 'only';
    return { route: sightingRoute(use), event: sighting };
  }

  /** An earlier one than was said is news, too: the first one counts. */
  #isNews(key: string, { time }: CredentialUse): boolean {
    const day = Math.floor(time / DAY);
    const said = this.#said.get(key);
    if (said !== undefined && said.day === day && said.time <= time) return false;
    this.#said.delete(key);
    this.#said.set(key, { day, time });
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_KNOWN && oldest !== undefined) this.#said.delete(oldest);
    return true;
  }
}
