import { type Command, Option } from 'commander';
import { loadDetectors } from '../config/detector-files.ts';
import { UsageError } from '../errors.ts';
import { customFormat } from '../formats/custom.ts';
import { runTest } from '../pipeline/test-lines.ts';
import { changedFiles } from './changed-files.ts';
import { idleExceptions } from './idle-exceptions.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, loadSetup, type SetupOptions, withExample } from './options.ts';

interface TestOptions extends SetupOptions {
  readonly only?: string;
  readonly changed?: boolean;
}

export function addTest(program: Command, io: CommandIo): void {
  const command = program
    .command('test')
    .summary('Runs the tests inside the detectors')
    .description(
      'Runs the tests inside the detectors through the same engine that reads logs. An exception that matches no credential of the registry fails, too. Exit 1 if one fails.',
    )
    .argument('[dir]', 'folder of detectors (default: as configured)')
    .addOption(configOption())
    .addOption(new Option('--only <id>', 'one detector'))
    .addOption(
      new Option(
        '--changed',
        "only detectors whose files differ from git's HEAD, or from those that come with Wayward",
      ),
    )
    .action((folder: string | undefined, options: TestOptions) => testDetectors(folder, options, io));
  withExample(command, 'wayward test', 'wayward test my-detectors --only new-action', 'wayward test --changed');
}

async function testDetectors(folder: string | undefined, options: TestOptions, io: CommandIo): Promise<void> {
  const { config, registry } = loadSetup(options, io);
  const loaded = loadDetectors(folder ?? config.detectors);
  if (options.only !== undefined && !loaded.some(({ detector }) => detector.id === options.only)) {
    const ids = loaded.map(({ detector }) => detector.id).join(', ');
    throw new UsageError(`no detector ${options.only}; there are: ${ids}`);
  }
  const formats = config.formats.map((spec) => customFormat(spec));
  let passed = 0;
  let failed = 0;
  const changed = options.changed ? changedFiles(loaded.flatMap(({ files }) => files)) : undefined;
  const chosen = loaded.filter(
    ({ detector, files }) =>
      (options.only === undefined || detector.id === options.only) &&
      (changed === undefined || files.some((file) => changed.has(file))),
  );
  for (const { detector, file, tests } of chosen) {
    if (tests.length === 0) await write(io.stdout, `no tests  ${detector.id}: add tests: to ${file}\n`);
    for (const test of tests) {
      const { problem } = await runTest(detector, test, formats);
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
  await write(io.stdout, `${passed} passed, ${failed} failed, in ${chosen.length} detectors\n`);
  if (failed > 0) io.exitCode = 1;
}
