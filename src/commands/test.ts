import { type Command, Option } from 'commander';
import { loadDetectors } from '../config/detector-files.ts';
import { runInlineTest } from '../detectors/inline-test.ts';
import { UsageError } from '../errors.ts';
import { idleExceptions } from './idle-exceptions.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, loadSetup, type SetupOptions, withExample } from './options.ts';

interface TestOptions extends SetupOptions {
  readonly only?: string;
}

export function addTest(program: Command, io: CommandIo): void {
  const command = program
    .command('test')
    .summary('Runs the tests inside the detectors')
    .description(
      'Runs the tests inside the detectors through the same engine that reads logs. An exception for nobody of the registry fails, too. Exit 1 if one fails.',
    )
    .argument('[dir]', 'folder of detectors (default: as configured)')
    .addOption(configOption())
    .addOption(new Option('--only <id>', 'one detector'))
    .action((folder: string | undefined, options: TestOptions) => testDetectors(folder, options, io));
  withExample(command, 'wayward test', 'wayward test my-detectors --only new-action');
}

async function testDetectors(folder: string | undefined, options: TestOptions, io: CommandIo): Promise<void> {
  const { config, registry } = loadSetup(options, io);
  const loaded = loadDetectors(folder ?? config.detectors);
  if (options.only !== undefined && !loaded.some(({ detector }) => detector.id === options.only)) {
    const ids = loaded.map(({ detector }) => detector.id).join(', ');
    throw new UsageError(`no detector ${options.only}; there are: ${ids}`);
  }
  let passed = 0;
  let failed = 0;
  const chosen = loaded.filter(({ detector }) => options.only === undefined || detector.id === options.only);
  for (const { detector, file, tests } of chosen) {
    if (tests.length === 0) await write(io.stdout, `no tests  ${detector.id}: add tests: to ${file}\n`);
    for (const test of tests) {
      const { problem } = runInlineTest(detector, test);
      if (problem === undefined) passed++;
      else failed++;
      await write(
        io.stdout,
        problem === undefined
          ? `ok        ${detector.id}: ${test.name}\n`
          : `FAILED    ${detector.id}: ${test.name} (${file})\n  ${problem}\n`,
      );
    }
  }
  for (const idle of idleExceptions(chosen, registry)) {
    failed++;
    await write(io.stdout, `FAILED    ${idle}\n`);
  }
  const observing = new Set(chosen.flatMap(({ detector }) => (detector.observes ? [detector.id] : [])));
  if (observing.size > 0)
    await write(io.stdout, `observing ${[...observing].join(', ')}: what they find makes no alert\n`);
  await write(io.stdout, `${passed} passed, ${failed} failed, in ${loaded.length} detectors\n`);
  if (failed > 0) io.exitCode = 1;
}
