import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LOGS, type LogName, linesOf, writeRegistry } from '../../test/upgrade/kept/logs.ts';
import type { Build } from './build.ts';

/** What runs in the commit's tree. */
export const DRIVER = join('test', 'upgrade', 'kept');
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
const CONFIG = 'learn.yaml';
/** What the driver saves, by what it does. */
const SAVED = { leave: 'left.json', 'leave-halted': undefined, 'go-on': 'went-on.json', learned: 'learned.json' };

/** A build that works in a folder, one command after the other. */
export class AtWork {
  readonly #build: Build;
  readonly #folder: string;

  constructor(build: Build, folder: string) {
    this.#build = build;
    this.#folder = folder;
  }

  /** Reads one part of the logs, and whatever it was told since; nobody is called meanwhile. */
  learn(part: 'history' | 'next' | 'nothing'): void {
    writeRegistry(join(this.#folder, 'agents.yaml'));
    for (const log of LOGS)
      writeFileSync(join(this.#folder, `${part}-${log}`), part === 'nothing' ? '' : textOf(log, part));
    const identity = this.#build.knowsIdentity ? { identity: 'from-key-map' } : {};
    const sources = [
      { file: `${part}-gateway.jsonl`, follow: false, format: 'nginx-json', ...identity },
      { file: `${part}-appdb.json`, follow: false, format: 'pgaudit-json' },
    ];
    const config = { state: 'state', credentials: 'agents.yaml', response: { mode: 'off' }, sources };
    writeFileSync(join(this.#folder, CONFIG), JSON.stringify(config));
    this.#wayward('run');
  }

  /** Closes the first alert of a principal. */
  close(principal: string, verdict: 'benign' | 'true'): void {
    const lines = this.#wayward('alerts', 'list', '--json').trim().split('\n');
    const found = lines.map((line) => JSON.parse(line)).find((document) => document.wayward.principal === principal);
    if (found === undefined) throw new Error(`no alert of ${principal}`);
    const why = ['--as', verdict, '--because', 'it was looked at', '--by', 'ann'];
    this.#wayward('alerts', 'close', found.event.id, ...why);
  }

  /** Has the driver do something; returns what it saved. */
  driven(what: keyof typeof SAVED): unknown {
    const driver = join(this.#build.tree, DRIVER, 'driver.ts');
    try {
      execFileSync(process.execPath, [...NODE_FLAGS, driver, what, this.#folder], { stdio: 'pipe' });
    } catch (error) {
      // What leaves steps ends by the signal that it sends to itself.
      if ((error as { signal?: string }).signal !== 'SIGKILL') throw error;
    }
    const saved = SAVED[what];
    return saved === undefined ? undefined : JSON.parse(readFileSync(join(this.#folder, saved), 'utf8'));
  }

  #wayward(...args: string[]): string {
    return execFileSync(process.execPath, [...NODE_FLAGS, this.#build.bin, ...args, '--config', CONFIG], {
      cwd: this.#folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH },
      maxBuffer: 64 * 1024 * 1024,
    });
  }
}

const textOf = (log: LogName, part: 'history' | 'next'): string =>
  linesOf(log, part)
    .map((line) => `${line}\n`)
    .join('');

/** The log of the day after, packed. */
export const dayAfter = (log: LogName): Buffer => gzipSync(textOf(log, 'next'));
