import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 5;

export interface Watched {
  /** Arguments of the process and of whatever it started, as anybody on the machine can read them. */
  readonly args: ReadonlySet<string>;
  /** Their environments, as their user can. */
  readonly environments: ReadonlySet<string>;
}

/** Looks at a process and those below it until it has ended. */
export async function watched(pid: number): Promise<Watched> {
  const args = new Set<string>();
  const environments = new Set<string>();
  for (;;) {
    const alive = [...family(pid)];
    if (alive.length === 0) return { args, environments };
    for (const one of alive) {
      args.add(read(one, 'cmdline'));
      environments.add(read(one, 'environ'));
    }
    await sleep(EVERY_MS);
  }
}

function* family(pid: number): Generator<number> {
  if (read(pid, 'cmdline') === '') return; // gone, or a zombie
  yield pid;
  const children = read(pid, `task/${pid}/children`).split(' ');
  for (const child of children) if (child !== '') yield* family(Number(child));
}

/** Empty where it has just ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it ended in this very moment
  }
}
