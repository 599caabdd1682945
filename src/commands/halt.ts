import type { Command } from 'commander';
import { haltOf } from '../response/context.ts';
import { openBreaker } from '../response/limits.ts';
import type { CommandIo } from './io.ts';
import { configOption, withExample } from './options.ts';
import { asOption, type ResponseOptions, sayBreaker, whoDecides, withResponse } from './response.ts';

interface HaltOptions extends ResponseOptions {
  readonly off?: boolean;
}

export function addHalt(program: Command, io: CommandIo): void {
  const command = program
    .command('halt')
    .summary('The kill switch: stops all automatic response')
    .description(
      'Stops all automatic response at once, in every process that uses this state folder. Alerts go on, a person can still\n' +
        'revoke and approve. With --off automatic response goes on, and a breaker that had opened is closed.',
    )
    .option('--off', 'let automatic response go on')
    .addOption(asOption())
    .addOption(configOption())
    .action((options: HaltOptions) => run(options, io));
  withExample(command, 'wayward halt', 'wayward halt --off --as ann');
}

const run = (options: HaltOptions, io: CommandIo): Promise<void> =>
  withResponse(options, io, async ({ response, operator }) => {
    const by = whoDecides(options.as);
    const say = (text: string) => io.stderr.write(`${text}\n`);
    if (options.off === true) {
      const was = { halt: haltOf(response.state), breaker: openBreaker(response.state) };
      await operator.execute({ say: 'resume', by });
      if (was.halt !== undefined) say(`Automatic response goes on (it was halted by ${was.halt.by}).`);
      if (was.breaker !== undefined) say(`The breaker is closed (it had opened: ${was.breaker.because}).`);
      if (was.halt === undefined && was.breaker === undefined)
        say('Automatic response was neither halted nor was the breaker open.');
    } else {
      await operator.execute({ say: 'halt', by });
      say('Automatic response is halted. wayward halt --off lets it go on.');
      sayBreaker(response, io);
    }
  });
