import { setTimeout as sleep } from 'node:timers/promises';
import type { Holder } from './issuers/issuer.ts';

const PAUSE_MS = 20;

interface Use {
  /** Milliseconds since the epoch. */
  readonly began: number;
  /** How the server refused it; undefined where it worked. */
  readonly refused: string | undefined;
}

/** A client that uses its credential all the time. */
export interface LiveClient {
  readonly uses: readonly Use[];
  /** Waits until it has done so many uses that began after that time. Rejects where one neither worked nor was refused. */
  used(times: number, after: number): Promise<void>;
  /** Waits for what is under way, and ends its sessions. */
  stop(): Promise<void>;
}

/** Until it is stopped. */
export function useAllTheTime(holder: Holder): LiveClient {
  const uses: Use[] = [];
  let isOver = false;
  let failure: unknown;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const began = Date.now();
      uses.push({ began, refused: await holder.use() });
      await sleep(PAUSE_MS);
    }
  };
  const working = work()
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => holder.close());
  return {
    uses,
    async used(times, after) {
      while (uses.filter(({ began }) => began > after).length < times) {
        if (failure !== undefined) throw failure;
        await sleep(PAUSE_MS);
      }
    },
    async stop() {
      isOver = true;
      await working;
      if (failure !== undefined) throw failure;
    },
  };
}
