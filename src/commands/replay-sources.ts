import { glob, isDynamicPattern } from 'tinyglobby';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import type { LaneOptions } from '../pipeline/lane.ts';
import type { Replayed } from '../pipeline/replay.ts';
import { replayFromFile } from '../pipeline/replay-file.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import type { CommandIo } from './io.ts';
import { laneOptionsOf } from './logs.ts';

/** Reads dead letters' records again from the files of wayward.yaml, each in the format that it has there. */
export async function replayOf(
  config: WaywardConfig,
  io: CommandIo,
): Promise<(letter: DeadLetter) => Promise<Replayed>> {
  const sources = await Promise.all(
    config.sources.map(async (source) => ({ file: source.file, options: await laneOptionsOf(config, io, source) })),
  );
  const others = await laneOptionsOf(config, io);
  const named = new Map<string, LaneOptions>();
  return async (letter) => {
    // A file may have appeared since: a pattern is looked at again where it is needed.
    if (!named.has(letter.source))
      for (const { file, options } of sources) {
        for (const path of await filesOf(file)) named.set(path, options);
      }
    return replayFromFile(letter, named.get(letter.source) ?? others);
  };
}

const filesOf = async (file: string): Promise<string[]> =>
  isDynamicPattern(file) ? glob(file, { absolute: true, dot: true, expandDirectories: false }) : [file];
