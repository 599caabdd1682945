import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What was loaded. */
export interface WatchedFiles {
  readonly files: readonly string[];
  /** Of a folder and `local/` in it, their `*.yaml` files: one more or one less is a difference, too. */
  readonly folder: string;
}

export interface ConfigWatchOptions extends WatchedFiles {
  /** Milliseconds between two looks; a minute where absent. */
  readonly every?: number | undefined;
  /** Told of every change of what differs: the paths, none once all is as it runs. */
  readonly onChange: (changed: readonly string[]) => void;
}

const MINUTE = 60_000;

/** Looks every so often whether the files on the disk are still those that run. Begin it right after they were loaded. */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  /** Contents that run, by path. */
  #running: Promise<ReadonlyMap<string, string>>;
  readonly #timer: NodeJS.Timeout;
  #changed: readonly string[] = [];

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#running = contentsOf(options);
    this.#timer = setInterval(() => void this.#look(), options.every ?? MINUTE).unref();
  }

  /** Paths whose content differs from what runs, as of the last look. */
  get changed(): readonly string[] {
    return this.#changed;
  }

  /** All runs as it is on the disk now, but for what only a restart reads. */
  reloaded(atRestart: readonly string[]): void {
    const before = this.#running;
    this.#running = Promise.all([before, contentsOf(this.#options)]).then(([running, now]) => {
      const kept = atRestart.flatMap((path) => [...running].filter(([name]) => name === path));
      return new Map([...now, ...kept]);
    });
    void this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const [running, now] = await Promise.all([this.#running, contentsOf(this.#options)]);
    const paths = [...new Set([...running.keys(), ...now.keys()])].sort();
    const changed = paths.filter((path) => running.get(path) !== now.get(path));
    const isNews = changed.join('\n') !== this.#changed.join('\n');
    this.#changed = changed;
    if (isNews) this.#options.onChange(changed);
  }
}

/** Of each file its hash, or why it can't be read: both are something that can change. Never rejects. */
async function contentsOf({ files, folder }: WatchedFiles): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    contents.set(folder, error.code ?? error.message);
    return [];
  });
  const local = join(folder, 'local');
  // It need not be there.
  const own = await readdir(local).catch(() => []);
  const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);
  const inFolder = [
    ...names.filter(isYaml).map((name) => join(folder, name)),
    ...own.filter(isYaml).map((name) => join(local, name)),
  ];
  for (const path of [...files, ...inFolder]) contents.set(path, await contentOf(path));
  return contents;
}

async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return hash.digest('hex');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
