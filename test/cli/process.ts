import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { COMPILED } from '../compiled.ts';
import { PEAK_MIB } from '../peak-memory.ts';
import { watched } from '../servers/watched.ts';

const BIN = fileURLToPath(new URL('../../bin/wayward.js', import.meta.url));
/** Tells its peak of memory on file descriptor 3 when it ends, in MiB. */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent(
  `import{writeSync}from"node:fs";process.on("exit",()=>writeSync(3,String(peakMiB())));${PEAK_MIB}`,
)}`;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly peakMiB: number;
}

/** A real `wayward` in a folder, with standard input open until `stdin.end()`. */
export const start = (folder: string, args: readonly string[]): ChildProcess =>
  watched(
    spawn(process.execPath, ['--import', TELL_PEAK, BIN, ...args], {
      cwd: folder,
      env: { ...process.env, ...COMPILED },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    }),
  );

export const ended = async (child: ChildProcess): Promise<Ended> => {
  const [, stdout = '', stderr = '', peak = ''] = await Promise.all([
    once(child, 'close'),
    ...child.stdio.slice(1).map(async (stream) => {
      const chunks: Buffer[] = [];
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
      if (stream) await once(stream, 'close');
      return Buffer.concat(chunks).toString();
    }),
  ]);
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr, peakMiB: Number(peak) };
};

/** Runs to the end with nothing, or `stdin`, on standard input. */
export const runIn = (folder: string, args: readonly string[], stdin = ''): Promise<Ended> => {
  const child = start(folder, args);
  child.stdin?.on('error', () => undefined); // It may end without reading.
  child.stdin?.end(stdin);
  return ended(child);
};
