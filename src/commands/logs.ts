import { fingerprintKey, readingKey } from '../config/fingerprint-key.ts';
import { unknownFormat, type WaywardConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { closestFormat } from '../formats/closest.ts';
import { customFormat } from '../formats/custom.ts';
import type { Format } from '../formats/format.ts';
import type { IdentitySource } from '../formats/http.ts';
import { pgauditStderr } from '../formats/pgaudit-stderr.ts';
import { createRedactor } from '../formats/redact.ts';
import { formats as builtIn } from '../formats/registry.ts';
import { detectLog, formatOfId } from '../formats/wrapped.ts';
import type { LaneCounts } from '../pipeline/counts.ts';
import { Lane, type LaneOptions } from '../pipeline/lane.ts';
import { Merge } from '../pipeline/merge.ts';
import { DeadLetterFile } from '../sources/dead-letter-file.ts';
import { type OpenOptions, openSources, SourceNotFound } from '../sources/open.ts';
import type { Source } from '../sources/source.ts';
import { openAuthensorReceipts } from './authensor-receipts.ts';
import { openElasticsearchHistory } from './elasticsearch-history.ts';
import { type CommandIo, warn } from './io.ts';
import { openKafkaHistory } from './kafka-history.ts';
import { keepInputs } from './keep-inputs.ts';
import { type SetupOptions, secretContext } from './options.ts';
import { proofWarnings } from './proof-warnings.ts';

export interface LogOptions extends SetupOptions {
  /** `--format` */
  readonly format?: string;
  /** `--identity` */
  readonly identity?: IdentitySource;
  /** `--log-line-prefix` */
  readonly logLinePrefix?: string;
  /** `--log-timezone` */
  readonly logTimezone?: string;
  /** `--elasticsearch`: an index whose documents are read as well. */
  readonly elasticsearch?: string;
  /** `--authensor`: the receipts of wayward.yaml's Authensor are read as well. */
  readonly authensor?: boolean;
  /** `--kafka`: the raw topics of wayward.yaml are read as well. */
  readonly kafka?: boolean;
  /** `--dead-letters` */
  readonly deadLetters?: string;
  /** `--out`: not opened here, but it must not be one of the logs. */
  readonly out?: string;
}

/** The logs of a command line as one stream of events in time order. */
export interface Logs {
  readonly merge: Merge;
  /** Call it when all is read: writes the rest of the dead letters. */
  close(): void;
}

/**
 * Opens files, patterns and `-` in any mix of formats. Without names: standard input, unless that is a terminal.
 * @throws UsageError for a file that isn't there, an unknown format, or a dead-letter file that can't be written
 */
export async function openLogs(
  names: readonly string[],
  options: LogOptions,
  config: WaywardConfig,
  io: CommandIo,
  more: Pick<LaneOptions, 'onExplained'> & Pick<OpenOptions, 'resume'> = {},
): Promise<Logs> {
  const { resume, ...explaining } = more;
  const isStored = options.elasticsearch !== undefined || options.authensor === true || options.kafka === true;
  const isNamed = names.length > 0 || isStored;
  if (!isNamed && io.stdin.isTTY === true) {
    throw new UsageError('no logs were named; write their paths, or - for standard input');
  }
  const sources = await open(isNamed ? names : ['-'], io, resume);
  keepInputs({ '--dead-letters': options.deadLetters, '--out': options.out }, [
    ...sources.map(({ name }) => name),
    options.config,
    options.credentials ?? config.credentials,
  ]);
  const letters = options.deadLetters === undefined ? undefined : openDeadLetters(options.deadLetters);
  const laneOptions = {
    ...(await laneOptionsOf(config, io, settingsOf(options), letters, resume === undefined)),
    ...explaining,
  };
  const lanes = sources.map((source) => new Lane(source, laneOptions));
  if (options.elasticsearch !== undefined) {
    const source = await openElasticsearchHistory(options.elasticsearch, config, io, resume);
    lanes.push(new Lane(source, options.format === undefined ? as('ecs', laneOptions) : laneOptions));
  }
  if (options.authensor === true)
    lanes.push(new Lane(await openAuthensorReceipts(config, io, resume), as('authensor-receipts', laneOptions)));
  for (const topic of options.kafka === true ? await openKafkaHistory(config, io) : []) {
    const own = await laneOptionsOf(config, io, topic.settings, letters, resume === undefined);
    lanes.push(...topic.sources.map((source) => new Lane(source, own)));
  }
  return {
    merge: new Merge(lanes, { signal: io.signal }),
    close: () => {
      letters?.close();
      if (letters !== undefined && letters.lost > 0) {
        warn(io, `${options.deadLetters}: ${letters.lost} dead letters could not be written; is the disk full?`);
      }
    },
  };
}

/** The logs of `sources:` as they are now, each read to its end as it says. */
export async function openConfigured(config: WaywardConfig, io: CommandIo): Promise<Logs> {
  const lanes: Lane[] = [];
  for (const source of config.sources) {
    const options = await laneOptionsOf(config, io, source, undefined, true);
    lanes.push(...(await open([source.file], io, undefined)).map((one) => new Lane(one, options)));
  }
  return { merge: new Merge(lanes, { signal: io.signal }), close: () => undefined };
}

/** For what is one record of a known format each: documents of Elasticsearch, unless a format is named, and receipts. */
const as = (format: string, options: LaneOptions): LaneOptions => ({
  ...{ ...options, format: options.formatById(format), layers: [] },
});

/** Settings of one source, as wayward.yaml has them. */
interface SourceOptions {
  readonly format?: string | undefined;
  readonly identity?: IdentitySource | undefined;
  readonly log_line_prefix?: string | undefined;
  readonly log_timezone?: string | undefined;
  /** Milliseconds. */
  readonly settle?: number | undefined;
}

const settingsOf = ({ format, identity, logLinePrefix, logTimezone }: LogOptions): SourceOptions => ({
  ...{ format, identity, log_line_prefix: logLinePrefix, log_timezone: logTimezone },
});

/** What every lane needs: formats of the configuration before built-in ones, the redactor, a place for dead letters. */
export async function laneOptionsOf(
  config: WaywardConfig,
  io: CommandIo,
  { identity, log_line_prefix: logLinePrefix, log_timezone: logTimezone, format, settle }: SourceOptions = {},
  letters?: DeadLetterFile,
  onlyReads = false,
): Promise<LaneOptions> {
  await config.resolveSecrets(['fingerprint_key'], secretContext(io));
  const key = onlyReads
    ? readingKey(config.fingerprintKey, config.state, () => warn(io, EPHEMERAL))
    : fingerprintKey(config.fingerprintKey, config.state);
  const formats = [...config.formats.map((spec) => customFormat(spec)), ...builtIn];
  const formatById = (id: string) => formatOfId(id, formats);
  // Only one log has a prefix.
  const formatId = format ?? (logLinePrefix === undefined ? undefined : pgauditStderr.id);
  return {
    format: formatId === undefined ? undefined : (formatById(formatId) ?? noSuchFormat(formatId, config)),
    detect: (lines, source) => detectLog(lines, formats, builtIn, source),
    closest: (lines) => closestFormat(lines, formats),
    formatById,
    context: {
      redactor: createRedactor(key),
      ...{ identity, logLinePrefix, logTimezone },
    },
    maxDisorder: config.maxDisorder,
    settle,
    tellsReading: true,
    onDeadLetter: (letter) => letters?.write(letter),
    onWarning: (text) => warn(io, text),
  };
}

const EPHEMERAL =
  'the state folder cannot be written, so fingerprints of tokens are of this run alone: entries of the registry that match by one find nothing; ' +
  'name another folder with state: in wayward.yaml, or a fingerprint_key';

function noSuchFormat(id: string, config: WaywardConfig): Format {
  const own = config.formats.map((format) => format.id);
  throw new UsageError(`--format ${unknownFormat(id, own)}`);
}

async function open(names: readonly string[], io: CommandIo, resume: OpenOptions['resume']): Promise<Source[]> {
  try {
    return await openSources(names, { stdin: io.stdin, signal: io.signal, ...(resume && { resume }) });
  } catch (cause) {
    throw cause instanceof SourceNotFound ? new UsageError(cause.message, { cause }) : cause;
  }
}

function openDeadLetters(file: string): DeadLetterFile {
  try {
    return new DeadLetterFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`--dead-letters ${file}: cannot be written (${code}); name a file in a folder of yours`, {
      cause,
    });
  }
}

/** Says of each log what of it is not proven, and what to write. */
export function warnOfProof({ merge }: Logs, io: CommandIo): void {
  for (const { source, counts } of merge.lanes)
    for (const warning of proofWarnings(counts, (how) => `--identity ${how}`)) warn(io, `${source.name}: ${warning}`);
}

/** `read 1,200 records: 1,100 events, 98 ignored (connection-line 98), 2 dead letters (invalid-json 2)` */
export function countsLine({ records, events, ignored, deadLetters }: LaneCounts): string {
  const parts = [`${number(events)} events`, reasons('ignored', ignored), reasons('dead letters', deadLetters)];
  return `read ${number(records)} records: ${parts.join(', ')}`;
}

function reasons(what: string, counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const named = entries.map(([reason, count]) => `${reason} ${number(count)}`).join(', ');
  return `${number(total)} ${what}${named === '' ? '' : ` (${named})`}`;
}

const number = (count: number): string => count.toLocaleString('en-US');
