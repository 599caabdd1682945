import type { PartitionSlot } from '../../kafka/partition-slot.ts';
import type { TransactionCounts } from '../../kafka/transactional-writer.ts';
import type { Condition, Telemetry } from '../../ops/telemetry.ts';
import { type AlertTelemetry, type SourceCounts, tellOfDetection, tellOfSources } from '../telemetry.ts';
import type { DetectWorker } from './detect.ts';
import type { IngestWorker } from './ingest.ts';

/** Of the last takeover of an events partition. */
interface Restore {
  readonly milliseconds: number;
  readonly principals: number;
  readonly bytes: number;
}

/** What this process has done and has in hand, over all its roles. */
export class RoleCounts {
  readonly transactions: TransactionCounts = { committed: 0, aborted: 0, fenced: 0 };
  readonly readers = new Set<IngestWorker>();
  readonly detectors = new Set<DetectWorker>();
  /** Of readers that have let go of their partition. */
  readonly retired: SourceCounts[] = [];
  /** Messages that were deleted before they were read, by topic. */
  readonly lost = new Map<string, number>();
  unattributed = 0;
  restore: Restore | undefined;
  alerts: AlertTelemetry | undefined;

  tell(telemetry: Telemetry): void {
    tellOfSources(telemetry, () => [...this.retired, ...[...this.readers].map((reader) => reader.counted)]);
    tellOfDetection(telemetry, () => [...this.detectors].map(({ core }) => core));
    telemetry.read('unattributed', () => this.unattributed);
    telemetry.read('lost', () => [...this.lost].map(([source, value]) => ({ value, labels: { source } })));
    telemetry.read('disordered', () =>
      [...this.detectors].flatMap(({ disordered: { behind, overflow } }) => [
        { value: behind, labels: { reason: 'behind' } },
        { value: overflow, labels: { reason: 'overflow' } },
      ]),
    );
    telemetry.component('order of records', () => worstOf([...this.detectors].map((detector) => detector.order)));
    telemetry.component('reading', () =>
      this.lost.size === 0
        ? { state: 'ok' }
        : {
            state: 'degraded',
            reason: `messages were deleted before they were read: ${[...this.lost.keys()].join(', ')}`,
          },
    );
    telemetry.read('restore', () => (this.restore?.milliseconds ?? 0) / 1000);
    telemetry.read('watermarkDelay', () =>
      [...this.detectors]
        .filter(({ watermark }) => Number.isFinite(watermark))
        .map(({ watermark }) => ({ value: Math.max(0, Date.now() - watermark) / 1000, labels: {} })),
    );
    telemetry.read('transactions', () =>
      Object.entries(this.transactions).map(([outcome, value]) => ({ value, labels: { outcome } })),
    );
  }
}

const worstOf = (conditions: readonly Condition[]): Condition =>
  conditions.find(({ state }) => state !== 'ok') ?? { state: 'ok' };

/** How far a group's partitions are behind what has been written to them. */
export function tellOfLag(telemetry: Telemetry, slots: () => readonly PartitionSlot[]): void {
  telemetry.read('lag', () =>
    slots().map(({ topic, partition, lag }) => ({ value: lag, labels: { topic, partition: String(partition) } })),
  );
}
