import { type ChildProcess, spawn } from 'node:child_process';
import { CallError } from '../errors.ts';
import { cleanExcerpt } from '../formats/excerpt.ts';
import { scrub } from '../scrub.ts';

export interface Program {
  /** For messages. */
  readonly name: string;
  /** The program and its arguments, as they are: no shell reads them. */
  readonly argv: readonly string[];
  /** All that it gets beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** What must not be shown if it prints it. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

/** How it ended, and the beginning of what it printed: one line, without what might be a secret. */
export interface ProgramEnd {
  readonly code: number;
  readonly output: string;
}

const MAX_OUTPUT_BYTES = 8 * 1024;
/** Shown in records. */
const MAX_SHOWN = 200;
/** For the rest of the output, where something that the program started keeps it open. */
const LINGER_MS = 200;

/**
 * Runs a local program to its end, in a process group of its own so that what it starts ends with it at the timeout.
 * @throws CallError where it can't be started, hangs or is killed
 */
export async function runProgram({ name, argv, env, secrets, timeoutMs }: Program): Promise<ProgramEnd> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = collect(child);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(child);
  }, timeoutMs);
  try {
    const [code, signal] = await ended(child);
    if (isLate) throw new CallError(`${name}: did not end within ${timeoutMs / 1_000} s and was killed`, true);
    if (code === null) throw new CallError(`${name}: was killed by ${signal}`, true);
    return { code, output: shownOutput(output(), secrets) };
  } catch (error) {
    if (error instanceof CallError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CallError(`${name}: ${file} cannot be started (${code})`, code === 'EAGAIN');
  } finally {
    clearTimeout(timer);
  }
}

/** First the secrets that are known, whole; then whatever else looks like one. */
const shownOutput = (output: Buffer, secrets: readonly string[]): string =>
  cleanExcerpt(Buffer.from(scrub(output.toString(), secrets)), MAX_SHOWN).trim();

/** Keeps the beginning of what is printed, and reads the rest away so that the program can go on. */
function collect(child: ChildProcess): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      if (length < MAX_OUTPUT_BYTES) chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES - length));
      length += chunk.length;
    });
  }
  return () => Buffer.concat(chunks);
}

function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LINGER_MS).unref();
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return; // it never started
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended in this very moment
  }
}
