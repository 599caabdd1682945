import type { RevokeSpec } from '../../src/attribution/credential.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';

/** How people read of the step that a spec is: tests that are not about these words take them from here. */
function saidOf(spec: RevokeSpec): string {
  const revoker = REVOKERS.find(({ id }) => id === spec.with);
  if (revoker === undefined) throw new Error(`there is no revoker ${spec.with}`);
  return revoker.describe(spec);
}

/** Of the local command of that name. */
export const saidOfCommand = (name: string): string => saidOf({ with: 'command', command: name });

/** Of a PostgreSQL role that is locked. */
export const saidOfRole = (role: string): string => saidOf({ with: 'postgres', role });
