import { parentPort } from 'node:worker_threads';
import { type Job, work } from './jobs.ts';

/** Does one piece of work after the other for pool.ts. */
parentPort?.on('message', async (job: Job) => {
  try {
    parentPort?.postMessage({ result: await work(job) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? String(error.stack) : String(error) });
  }
});
