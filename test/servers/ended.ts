import type { ChildProcess } from 'node:child_process';

/** Ends a server that we started and waits for it; the hard way after 5 s. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
  child.kill(signal);
  await exit;
  clearTimeout(hard);
}
