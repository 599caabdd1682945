import type { SavedBaselines } from '../baselines/baselines.ts';
import { forgetNames } from '../baselines/forget-names.ts';
import { UsageError } from '../errors.ts';

/** Said with what became of baselines that another version saved. */
export const MIGRATED = 'baselines of another version were taken over; what only one of the two knows starts anew';

/** Whose names a state may hold. */
export interface NameKey {
  /** Id of this process's key. */
  readonly key: string;
  /** A person accepts that names of another key are lost. */
  readonly forgetNames: boolean;
}

/** Another key at the start must not look like agents that do everything for the first time. @throws UsageError */
export function underKey(saved: SavedBaselines, { key, forgetNames: forgets }: NameKey, where: string): SavedBaselines {
  if (saved.key === undefined || saved.key === key) return saved;
  if (forgets) return forgetNames(saved);
  throw new UsageError(
    `${where} was learned under another fingerprint key: put that key back (fingerprint_key in wayward.yaml; without it, fingerprint.key in the state folder). ` +
      'If it is lost, start once with --forget-names: which actions, networks and clients an agent is known for is then learned anew, everything else is kept',
  );
}
