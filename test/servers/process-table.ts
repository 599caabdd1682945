import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** One line of the system's table of processes. */
interface TableEntry {
  readonly pid: number;
  readonly parent: number;
  /** The leader of its process group. */
  readonly group: number;
  /** When it began, in the system's ticks: ids are used again. */
  readonly startedAt: number;
  readonly isZombie: boolean;
}

/** The process of this id; undefined where there is none, or no /proc (macOS). */
export function processOf(pid: number): TableEntry | undefined {
  const file = `/proc/${pid}/stat`;
  try {
    // A program's name may hold anything; what follows its last parenthesis are numbers: proc(5).
    const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [state, parent, group] = fields;
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      startedAt: Number(fields[19]),
      isZombie: state === 'Z',
    };
  } catch (error) {
    if (existsSync(file)) throw error;
    return undefined;
  }
}

export const allProcesses = (): TableEntry[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));

/** As it was started, for a person. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}
