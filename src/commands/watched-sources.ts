import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { NothingToReadError } from '../errors.ts';
import type { Condition } from '../ops/telemetry.ts';
import { Lane, type LaneOptions } from '../pipeline/lane.ts';
import type { DeadLetterFile } from '../sources/dead-letter-file.ts';
import { FileSource } from '../sources/file.ts';
import { FilePattern } from '../sources/file-pattern.ts';
import { FollowSource } from '../sources/follow.ts';
import { HandlePool } from '../sources/handle-pool.ts';
import type { PolledDocuments } from '../sources/polled-documents.ts';
import type { SourcePosition } from '../sources/source.ts';
import { followAuthensorReceipts, RECEIPTS_SETTLE } from './authensor-receipts.ts';
import type { CommandIo } from './io.ts';
import { laneOptionsOf } from './logs.ts';
import type { ServiceLog } from './service-log.ts';

interface Watched {
  readonly files: FilePattern;
  readonly follow: boolean;
  readonly options: LaneOptions;
  /** Once it was said that there is no file. */
  warned: boolean;
}

/** A control plane whose receipts are read. */
interface Receipts {
  readonly lane: Lane;
  readonly polled: PolledDocuments;
}

interface Watching {
  readonly config: WaywardConfig;
  readonly io: CommandIo;
  readonly letters: DeadLetterFile;
  readonly log: ServiceLog;
  /** Where an earlier run stood, by path. */
  readonly resume: ReadonlyMap<string, SourcePosition> | undefined;
}

/** The files of `sources:`, those that appear while it runs, too: a database begins a new log each day; and Authensor's receipts. */
export class WatchedSources {
  readonly #watched: readonly Watched[];
  readonly #watching: Watching;
  readonly #receipts: Receipts | undefined;
  readonly #pool = new HandlePool();

  /** Opens what it needs to know of each source. */
  static async open(watching: Watching): Promise<WatchedSources> {
    const { config, io, letters, log, resume } = watching;
    const watched: Watched[] = [];
    for (const source of config.sources) {
      const options = {
        ...(await laneOptionsOf(config, io, source, letters)),
        onWarning: (text: string) => log.warn(text),
      };
      const { file, follow } = source;
      watched.push({ files: new FilePattern(file, follow, resume), follow, options, warned: false });
    }
    return new WatchedSources(watched, await receiptsOf(watching), watching);
  }

  private constructor(watched: readonly Watched[], receipts: Receipts | undefined, watching: Watching) {
    this.#watched = watched;
    this.#receipts = receipts;
    this.#watching = watching;
  }

  /** Whether there may be more later. */
  get areFollowed(): boolean {
    return this.#receipts !== undefined || this.#watched.some(({ follow }) => follow);
  }

  /** Lanes of the files that are there. @throws NothingToReadError where a source that is not followed has none */
  async lanes(): Promise<Lane[]> {
    const lanes: Lane[] = this.#receipts === undefined ? [] : [this.#receipts.lane];
    for (const watched of this.#watched) lanes.push(...(await this.#look(watched)));
    return lanes;
  }

  /** Lanes of the files that have appeared since. Cheap until it is time to look again. */
  async appeared(): Promise<Lane[]> {
    const now = performance.now();
    const lanes: Lane[] = [];
    for (const watched of this.#watched)
      if (watched.follow && watched.files.isDue(now)) lanes.push(...(await this.#look(watched)));
    for (const { source } of lanes) this.#watching.log.info({ source: source.name }, 'a new file');
    return lanes;
  }

  get condition(): Condition {
    const missing = this.#watched
      .filter(({ files, follow }) => follow && files.isMissing)
      .map(({ files }) => files.pattern);
    return missing.length === 0
      ? this.#conditionOfReceipts()
      : { state: 'degraded', reason: `there is no file yet for ${missing.join(', ')}; check sources: in wayward.yaml` };
  }

  #conditionOfReceipts(): Condition {
    const trouble = this.#receipts?.polled.trouble;
    return trouble === undefined ? { state: 'ok' } : { state: 'degraded', reason: trouble };
  }

  async #look(watched: Watched): Promise<Lane[]> {
    const { files, follow, options } = watched;
    const paths = await files.look();
    if (files.isMissing && !follow && files.isDynamic)
      throw new NothingToReadError(`${files.pattern}: no file fits this pattern; check sources: in wayward.yaml`);
    if (files.isMissing && follow && !watched.warned)
      this.#watching.log.warn({ source: files.pattern }, 'there is no file yet; it is read once it appears');
    watched.warned = files.isMissing;
    return paths.map((path) => new Lane(this.#source(path, follow), options));
  }

  #source(path: string, follow: boolean): FollowSource | FileSource {
    const position = this.#watching.resume?.get(path);
    return follow ? new FollowSource(path, position) : new FileSource(path, this.#pool, position);
  }
}

async function receiptsOf({ config, io, letters, log, resume }: Watching): Promise<Receipts | undefined> {
  const { authensor } = config;
  if (authensor === undefined) return undefined;
  const { source, polled } = await followAuthensorReceipts(config, authensor, io, resume, (trouble) => {
    if (trouble === undefined) log.info({ source: source.name }, 'receipts are read again');
    else log.warn({ source: source.name, reason: trouble }, 'receipts are not read; they are asked for again');
  });
  const settings = { format: 'authensor-receipts', settle: RECEIPTS_SETTLE };
  const options = {
    ...(await laneOptionsOf(config, io, settings, letters)),
    layers: [],
    onWarning: (text: string) => log.warn(text),
  };
  return { lane: new Lane(source, options), polled };
}
