import { NAMES_OF_PROCESS } from '../../src/baselines/names.ts';
import type { MigrationReport } from '../../src/baselines/saved-states.ts';
import type { Loading } from '../../src/pipeline/checkpoint.ts';

/** As a process goes on that saved the state itself. */
export const LOADING: Loading = {
  key: NAMES_OF_PROCESS.id,
  forgetNames: false,
  where: 'state',
  onMigrated: (report: MigrationReport) => {
    throw new Error(`its own state was migrated: ${JSON.stringify(report)}`);
  },
};
