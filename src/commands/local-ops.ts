import type { Telemetry } from '../ops/telemetry.ts';
import type { Core } from '../pipeline/core.ts';
import type { Disorder, DisorderCounts } from '../pipeline/disorder.ts';
import type { Lane } from '../pipeline/lane.ts';
import type { LocalPipeline } from '../pipeline/local.ts';
import type { Merge } from '../pipeline/merge.ts';
import { tellOfDetection, tellOfResponse, tellOfSources } from '../pipeline/telemetry.ts';
import type { ResponseContext } from '../response/context.ts';
import type { DeadLetterFile } from '../sources/dead-letter-file.ts';
import type { WatchedSources } from './watched-sources.ts';

interface Local {
  readonly merge: Merge;
  readonly pipeline: LocalPipeline;
  readonly response: ResponseContext;
  readonly letters: DeadLetterFile;
  readonly sources: WatchedSources;
  readonly disorder: Disorder;
}

const lostOf = ({ counts }: Lane): number => counts.deadLetters['position-lost'] ?? 0;

/** What came out of order or was lost so far. */
export const disorderOf = (merge: Merge, core: Core): DisorderCounts => {
  const { behind, overflow } = merge.disordered;
  const lost = merge.lanes.reduce((sum, lane) => sum + lostOf(lane), 0);
  return { late: core.engine.counts.late, late_peer: core.latePeers, behind, overflow, lost };
};

/** What the one-process Wayward tells about itself. */
export function tellOfLocal(
  telemetry: Telemetry,
  { merge, pipeline, response, letters, sources, disorder }: Local,
): void {
  tellOfSources(telemetry, () => merge.lanes.map(({ source, counts }) => ({ name: source.name, counts })));
  tellOfDetection(telemetry, () => [pipeline.core]);
  tellOfResponse(telemetry, response);
  telemetry.read('watermarkDelay', () => Math.max(0, (Date.now() - merge.watermark) / 1000));
  telemetry.read('disordered', () => {
    const { behind, overflow } = merge.disordered;
    return [
      { value: behind, labels: { reason: 'behind' } },
      { value: overflow, labels: { reason: 'overflow' } },
    ];
  });
  telemetry.read('lost', () =>
    merge.lanes.map((lane) => ({ value: lostOf(lane), labels: { source: lane.source.name } })),
  );
  telemetry.component('order of records', () => disorder.conditionAt(Date.now()));
  telemetry.component('sources', () => sources.condition);
  telemetry.component('dead letters', () =>
    letters.lost === 0
      ? { state: 'ok' }
      : { state: 'degraded', reason: `${letters.lost} could not be written; is the disk full?` },
  );
}
