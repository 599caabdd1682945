import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential, RevokeSpec } from '../../src/attribution/credential.ts';
import { command } from '../../src/revokers/command.ts';
import { temporaryFolder } from '../config/temp.ts';

/** Local commands that do what an issuer does: each has a lock that it sets, asks for and lifts, and notes its calls. */
export interface Locks {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly spec: (name: string) => RevokeSpec;
  isSet(name: string): boolean;
  /** Somebody else lifts it. */
  lift(name: string): void;
  /** How often it was set or lifted by a command. */
  calls(name: string): number;
}

/** `name: false` has no way back. A name that begins with `broken` fails for good. */
export function locksOf(names: Readonly<Record<string, boolean>>): Locks {
  const folder = temporaryFolder();
  const lock = (name: string) => join(folder, `${name}.lock`);
  const noted = (name: string) => join(folder, `${name}.calls`);
  const sh = (text: string) => ['/bin/sh', '-c', text];
  const settings = Object.entries(names).map(([name, undoable]) => [
    name,
    {
      run: sh(name.startsWith('broken') ? 'exit 7' : `echo x >> ${noted(name)}; touch ${lock(name)}`),
      verify: sh(`test -e ${lock(name)}`),
      ...(undoable && { undo: sh(`echo x >> ${noted(name)}; rm -f ${lock(name)}`) }),
    },
  ]);
  return {
    settings: { command: command.settingsSchema.parse(Object.fromEntries(settings)) },
    spec: (name) => ({ with: 'command', command: name }),
    isSet: (name) => existsSync(lock(name)),
    lift: (name) => rmSync(lock(name)),
    calls: (name) => (existsSync(noted(name)) ? readFileSync(noted(name), 'utf8').trimEnd().split('\n').length : 0),
  };
}

/** The `revoke:` of a credential with these steps. */
export const ladderOf = (locks: Locks, ...names: string[]): Pick<Credential, 'revoke' | 'escalation'> => {
  const [revoke, ...escalation] = names.map(locks.spec);
  return { revoke, escalation };
};
