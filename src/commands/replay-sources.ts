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
  const named = new Map<string, LaneOptions>();
  for (const source of config.sources) {
    const { file } = source;
    const options = await laneOptionsOf(config, io, source);
    const paths = isDynamicPattern(file)
      ? await glob(file, { absolute: true, dot: true, expandDirectories: false })
      : [file];
    for (const path of paths) named.set(path, options);
  }
  const others = await laneOptionsOf(config, io);
  return (letter) => replayFromFile(letter, named.get(letter.source) ?? others);
}
