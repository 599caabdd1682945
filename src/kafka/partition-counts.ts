import type { Admin, Kafka } from 'kafkajs';
import { untilAnswered } from './until-answered.ts';

const REFRESH_EVERY = 30_000;

/** How many partitions each of some topics has; partitions can be added while we run. */
export class PartitionCounts {
  current: Readonly<Record<string, number>> = {};
  readonly #admin: Admin;
  readonly #topics: readonly string[];
  #timer: NodeJS.Timeout | undefined;

  private constructor(admin: Admin, topics: readonly string[]) {
    this.#admin = admin;
    this.#topics = topics;
  }

  static async open(
    kafka: Kafka,
    topics: readonly string[],
    failed: (error: unknown) => void,
  ): Promise<PartitionCounts> {
    const counts = new PartitionCounts(kafka.admin(), topics);
    await counts.#admin.connect();
    await untilAnswered(() => counts.#refresh());
    counts.#timer = setInterval(() => void counts.#refresh().catch(failed), REFRESH_EVERY);
    return counts;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#admin.disconnect();
  }

  async #refresh(): Promise<void> {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [...this.#topics] });
    this.current = Object.fromEntries(
      topics.map(({ name, partitions }) => [name, partitions.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
}
