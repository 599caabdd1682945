import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Job, Results } from './jobs.ts';

/** Does all jobs with that many workers; results are in the order of the jobs. */
export async function allOf<J extends Job>(
  jobs: readonly J[],
  workers: number,
  done: (job: J, seconds: number) => void,
): Promise<Results[J['kind']][]> {
  const results: Results[J['kind']][] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 3_000 },
    });
    try {
      for (let at = next++; at < jobs.length; at = next++) {
        const job = jobs[at] as J;
        const started = performance.now();
        worker.postMessage(job);
        const [{ result, error }] = (await once(worker, 'message')) as [{ result: Results[J['kind']]; error?: string }];
        if (error !== undefined) throw new Error(`${JSON.stringify(job)}: ${error}`);
        results[at] = result;
        done(job, (performance.now() - started) / 1_000);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, lane));
  return results;
}
