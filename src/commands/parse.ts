import type { Command } from 'commander';
import { createAttributor } from '../attribution/attribute.ts';
import { toEcs } from '../event-ecs.ts';
import { isEvent } from '../formats/format.ts';
import type { Explained } from '../pipeline/explained.ts';
import { type CommandIo, EXIT_INTERRUPTED, warn, write } from './io.ts';
import { countsLine, type LogOptions, openLogs, warnOfProof } from './logs.ts';
import { tellFormats } from './logs-by-format.ts';
import {
  checkSpan,
  configOption,
  credentialsOption,
  deadLettersOption,
  formatOption,
  identityOption,
  jsonOption,
  loadSetup,
  logLinePrefixOption,
  logTimezoneOption,
  sinceOption,
  untilOption,
  withExample,
} from './options.ts';

interface ParseOptions extends LogOptions {
  readonly since?: number;
  readonly until?: number;
  readonly explain?: boolean;
}

/** Characters that are put together before they are written. */
const CHUNK = 64 * 1024;

export function addParse(program: Command, io: CommandIo): void {
  const command = program
    .command('parse')
    .summary('Events as NDJSON: what a format makes of a log')
    .description(
      'Prints the events of any mix of logs in time order: one ECS document a line. Formats are found from the content.\n' +
        'With a registry, each event says whose credential it used.',
    )
    .argument('[files...]', 'log files, folders, patterns such as "logs/*.gz", or - for standard input')
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(formatOption())
    .addOption(identityOption())
    .addOption(logLinePrefixOption())
    .addOption(logTimezoneOption())
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(deadLettersOption())
    .addOption(jsonOption())
    .option('--explain', 'instead of events: how each record was read, and which rule of its format gave which field')
    .action((files: string[], options: ParseOptions) => parse(files, options, io));
  withExample(command, 'wayward parse /var/log/nginx/access.json | jq .event.action', 'zcat old.gz | wayward parse -');
}

async function parse(files: readonly string[], options: ParseOptions, io: CommandIo): Promise<void> {
  checkSpan(options.since, options.until);
  const { config, registry } = loadSetup(options, io);
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = options;
  const attributor = registry.credentials.length === 0 ? undefined : createAttributor(registry);
  let printed = 0;
  let text = '';
  const explain = (explained: Explained): void => {
    text += `${JSON.stringify(explanation(explained))}\n`;
  };
  const logs = await openLogs(files, options, config, io, options.explain === true ? { onExplained: explain } : {});
  try {
    for await (const batch of logs.merge.batches()) {
      for (const event of batch) {
        const { use } = event;
        if (use.reading !== undefined || use.time < since || use.time >= until) continue;
        if (options.explain !== true) text += `${JSON.stringify(toEcs(use, event.id(), attributor?.attribute(use)))}\n`;
        printed++;
        if (text.length < CHUNK) continue;
        await write(io.stdout, text);
        text = '';
      }
    }
    await write(io.stdout, text);
  } finally {
    logs.close();
  }
  if (io.signal.aborted) io.exitCode = EXIT_INTERRUPTED;
  warnOfProof(logs, io);
  const { counts, lanes } = logs.merge;
  tellFormats(lanes, io);
  warn(
    io,
    countsLine(counts) +
      (printed === counts.events ? '' : `, ${printed.toLocaleString('en-US')} in the time asked for`),
  );
}

/** A line of `--explain`: what became of a record, and the rules that made it so. */
export function explanation({ source, position, format, parsed, rules }: Explained): object {
  const where = { source, position, format };
  if (isEvent(parsed)) {
    const { action, result, proof } = parsed;
    return { ...where, became: 'event', action, result, proof: proof.state, rules };
  }
  if ('ignored' in parsed) return { ...where, became: 'ignored', reason: parsed.ignored };
  return { ...where, became: 'dead-letter', reason: parsed.unusable, detail: parsed.detail, rules };
}
