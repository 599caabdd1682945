import type { Command } from 'commander';
import { addDetectorsImport } from './detectors-import.ts';
import type { CommandIo } from './io.ts';

/** Each thing that is done with detectors' files has a file of its own, and a line here. */
export function addDetectors(program: Command, io: CommandIo): void {
  const detectors = program
    .command('detectors')
    .summary('Takes over rules that others wrote')
    .description('Works on the files of detectors.');
  addDetectorsImport(detectors, io);
}
