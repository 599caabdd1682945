import type { Log } from '../../kafka/log.ts';
import type { Telemetry } from '../../ops/telemetry.ts';

/** Where a message stands. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** What no Wayward of any version wrote. */
export class ForeignMessage extends Error {}

/** @throws ForeignMessage for what is no JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ForeignMessage('it is no JSON'); // JSON.parse's own words quote the text
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** So many of a topic are told one by one, and then the 2nd, 4th, 8th thousand and so on: whoever writes them may write millions. */
const TOLD_EACH = 100;
const TOLD_RARELY = 1_000;

/**
 * Messages on Wayward's own topics that somebody else wrote. They are passed over, counted and told with where they stand: one
 * such message must neither stop the partition nor stay unseen.
 */
export class ForeignMessages {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  passOver({ topic, partition, offset }: Place, error: unknown): void {
    const count = (this.#counts.get(topic) ?? 0) + 1;
    this.#counts.set(topic, count);
    if (!isTold(count)) return;
    this.#log.error(
      { topic, partition, offset, count, why: error instanceof Error ? error.message : String(error) },
      `the message at ${topic}/${partition}, offset ${offset}, is none of Wayward's; it is passed over: who else may write there?`,
    );
  }

  tell(telemetry: Telemetry): void {
    telemetry.read('foreign', () => [...this.#counts].map(([topic, value]) => ({ value, labels: { topic } })));
  }
}

const isTold = (count: number): boolean => {
  const thousands = count / TOLD_RARELY;
  return count <= TOLD_EACH || (Number.isInteger(thousands) && (thousands & (thousands - 1)) === 0);
};
