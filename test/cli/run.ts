import { Readable, Writable } from 'node:stream';
import { runCli } from '../../src/cli.ts';

export interface RunOptions {
  readonly stdin?: string;
  readonly isTTY?: boolean;
  /** What somebody types: standard input is a terminal. */
  readonly typed?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Is given what sends it SIGHUP, once it wants to know of that. */
  readonly onHangup?: (hangup: () => void) => void;
  /** Told of all that it has said on stderr so far. */
  readonly onStderr?: (text: string) => void;
  /** Interrupted, as by Ctrl-C, once it has said this on stderr. */
  readonly until?: RegExp;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, as the launcher would. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const stdout = new Collected(options.isTTY);
  const enough = new AbortController();
  const stderr = new Collected(options.isTTY, (text) => {
    options.onStderr?.(text);
    if (options.until?.test(text)) enough.abort();
  });
  const code = await runCli(args, {
    stdin: stdinOf(options),
    stdout,
    stderr,
    signal: AbortSignal.any([enough.signal, ...(options.signal === undefined ? [] : [options.signal])]),
    env: options.env ?? {},
    ...(options.onHangup !== undefined && { onHangup: options.onHangup }),
    exitCode: 0,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

function stdinOf({ stdin, typed }: RunOptions): Readable & { isTTY?: boolean } {
  const text = typed ?? stdin;
  const stream = Readable.from(text === undefined ? [] : [Buffer.from(text)]);
  return typed === undefined ? stream : Object.assign(stream, { isTTY: true });
}

class Collected extends Writable {
  text = '';
  readonly isTTY: boolean;

  readonly #onText: (text: string) => void;

  constructor(isTTY = false, onText: (text: string) => void = () => {}) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.#onText = onText;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    this.#onText(this.text);
    done();
  }
}
