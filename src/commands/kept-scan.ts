import type { Alert } from '../alerts/alert.ts';
import { NO_USAGE } from '../baselines/usage.ts';
import { loadCheckpoint, saveCheckpoint } from '../pipeline/checkpoint.ts';
import type { Core } from '../pipeline/core.ts';
import { type Merge, savedPositions } from '../pipeline/merge.ts';
import { MIGRATED } from '../pipeline/name-key.ts';
import { createResponse } from '../pipeline/response.ts';
import { takeVerdicts } from '../pipeline/take-verdicts.ts';
import { beginWithHistory } from '../response/history.ts';
import { lockForRun } from '../sinks/run-lock.ts';
import { Store } from '../sinks/store.ts';
import { saveAlert } from '../sinks/store-alerts.ts';
import type { SourcePosition } from '../sources/source.ts';
import { type CommandIo, warn } from './io.ts';
import { namesOf } from './names-of.ts';
import type { Setup } from './options.ts';

/** The local store of a scan that keeps what it found: the next one, or `wayward run`, goes on from there. */
export interface KeptScan {
  readonly names: Awaited<ReturnType<typeof namesOf>>;
  /** Where the files were read to, by their whole path. */
  readonly resume: ReadonlyMap<string, SourcePosition>;
  /** Goes on with what is known; gives alerts that have changed by verdicts since. */
  load(core: Core, merge: Merge): void;
  /** All at once: a scan that was stopped has saved nothing. */
  save(alerts: readonly Alert[], core: Core, merge: Merge): void;
  close(): void;
}

/** @throws UsageError while `wayward run` has the store */
export async function keepScan({ config, registry, fetchSecrets }: Setup, io: CommandIo): Promise<KeptScan> {
  const names = await namesOf(config, io);
  const store = new Store(config.state);
  const release = lockForRun(config.state);
  const close = (): void => {
    store.close();
    release();
  };
  try {
    const saved = loadCheckpoint(store, {
      key: names.id,
      forgetNames: false,
      where: config.state,
      onMigrated: () => warn(io, MIGRATED),
    });
    let closing = saved?.closing ?? 0;
    return {
      names,
      resume: saved === undefined ? new Map() : savedPositions(saved.merge),
      load(core, merge) {
        if (saved === undefined) return;
        merge.load(saved.merge);
        core.load(saved.core);
        closing = takeVerdicts(store, closing, core);
      },
      save(alerts, core, merge) {
        const state = merge.save();
        // Files may grow, and standard input is another one each time.
        const lanes = state.lanes
          .filter(({ position }) => position.name !== '-')
          .map((lane) => ({ ...lane, ended: false }));
        store.transaction(() => {
          for (const alert of alerts) saveAlert(store, alert);
          saveCheckpoint(store, {
            merge: { ...state, lanes },
            core: { ...core.saveChanges(), usage: saved?.core.usage ?? NO_USAGE },
            closing,
            deadLetters: saved?.deadLetters ?? 0,
          });
          // Whatever responds later: what is in these logs was before its first start.
          beginWithHistory(createResponse(config, registry, store, fetchSecrets), true);
        });
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
