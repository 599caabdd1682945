import { type Stats, statSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/** `--out` and the like, by option. */
export type Outputs = Readonly<Record<string, string | undefined>>;

/**
 * A log is evidence: no output may take the place of a file that is read, nor of another output.
 * @throws UsageError naming both
 */
export function keepInputs(outputs: Outputs, inputs: readonly (string | undefined)[]): void {
  const taken = inputs.flatMap((file) => (file === undefined ? [] : [{ file, is: `${file}, which is read` }]));
  for (const [option, file] of Object.entries(outputs)) {
    if (file === undefined) continue;
    const same = taken.find((other) => isSame(other.file, file));
    if (same !== undefined) throw new UsageError(`${option} ${file}: is ${same.is}; name another file`);
    taken.push({ file, is: `what ${option} writes` });
  }
}

const isSame = (a: string, b: string): boolean => {
  if (a === b) return a !== '-';
  const [first, second] = [fileAt(a), fileAt(b)];
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
};

/** Only plain files can be lost. */
const fileAt = (path: string): Stats | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats : undefined;
};
