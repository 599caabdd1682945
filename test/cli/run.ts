import { Readable, Writable } from 'node:stream';
import { runCli } from '../../src/cli.ts';

export interface RunOptions {
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, as the launcher would. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const stdout = new Collected(options.isTTY);
  const stderr = new Collected(options.isTTY);
  const code = await runCli(args, {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
    env: options.env ?? {},
    exitCode: 0,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collected extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    done();
  }
}
