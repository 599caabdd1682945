import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Credential } from '../attribution/credential.ts';
import { createRegistry, type Registry } from '../attribution/registry.ts';
import { loadCredentials } from '../config/registry-file.ts';
import { DEFAULT_CONFIG } from '../config/wayward-yaml.ts';
import { Discovery } from '../discovery/discovery.ts';
import { type Proposal, proposalsOf } from '../discovery/proposal.ts';
import { commented, entriesText, minute, withEntries } from '../discovery/registry-text.ts';
import { UsageError } from '../errors.ts';
import { type CommandIo, EXIT_INTERRUPTED, warn, write } from './io.ts';
import { countsLine, type LogOptions, openLogs, warnOfProof } from './logs.ts';
import {
  checkSpan,
  configOption,
  credentialsOption,
  deadLettersOption,
  elasticsearchOption,
  formatOption,
  identityOption,
  kafkaOption,
  loadSetup,
  logLinePrefixOption,
  logTimezoneOption,
  sinceOption,
  untilOption,
  withExample,
} from './options.ts';
import { readHistory } from './read-history.ts';
import { replaceFile } from './replace-file.ts';

interface DiscoverOptions extends LogOptions {
  readonly since?: number;
  readonly until?: number;
  readonly write?: boolean;
}

/** Addresses of uses that name nobody which are worth a line. */
const MOST_NAMELESS = 5;

export function addDiscover(credentials: Command, io: CommandIo): void {
  const command = credentials
    .command('discover')
    .summary('Proposes a registry from logs')
    .description(
      'Reads logs and proposes an entry of the registry for each credential that is used and that it does not have: agent, slot, peer group\n' +
        '(who does the same), and how to know it again. Only names that the logs prove, or that you declare, are proposed. Prints YAML,\n' +
        'the differences first.',
    )
    .argument('[files...]', 'log files, patterns such as "logs/*.gz", or - for standard input')
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(elasticsearchOption())
    .addOption(kafkaOption())
    .addOption(formatOption())
    .addOption(identityOption())
    .addOption(logLinePrefixOption())
    .addOption(logTimezoneOption())
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(deadLettersOption())
    .addOption(new Option('--write', 'add the new entries to the registry file, all or none; what is in it stays'))
    .action((files: string[], options: DiscoverOptions) => discover(files, options, io));
  withExample(
    command,
    'wayward credentials discover --identity from-key-map "logs/*.gz"',
    'wayward credentials discover --write "logs/*.gz" && wayward credentials list',
  );
}

async function discover(files: readonly string[], options: DiscoverOptions, io: CommandIo): Promise<void> {
  checkSpan(options.since, options.until);
  const { since = Number.NEGATIVE_INFINITY } = options;
  // A file that is yet to be written is no registry that is missing.
  const isNew = options.write === true && options.credentials !== undefined && !existsSync(options.credentials);
  const { credentials: named, ...others } = options;
  const { config, registry: configured } = loadSetup(isNew ? others : options, io);
  const registry: Registry = isNew ? createRegistry([]) : configured;
  const folder = dirname(resolve(options.config ?? DEFAULT_CONFIG));
  const file = named ?? config.credentials ?? resolve(folder, 'credentials.yaml');
  const discovery = new Discovery(registry);
  const logs = await openLogs(files, isNew ? others : options, config, io);
  try {
    const process = (batch: Parameters<Parameters<typeof readHistory>[1][number]['process']>[0]): void => {
      for (const { use } of batch) if (use.reading === undefined && use.time >= since) discovery.note(use);
    };
    await readHistory(logs, [{ process, end: () => undefined }], options.until, io);
  } finally {
    logs.close();
  }
  warnOfProof(logs, io);
  warn(io, countsLine(logs.merge.counts));
  if (io.signal.aborted) {
    io.exitCode = EXIT_INTERRUPTED;
    return;
  }
  const proposals = proposalsOf(discovery, registry.credentials);
  const shownFile = relative('', resolve(file));
  const differences = differencesOf(proposals, discovery, registry.credentials, shownFile);
  await write(
    io.stdout,
    differences
      .map((line) => `# ${line}`.trimEnd())
      .join('\n')
      .concat('\n'),
  );
  if (proposals.length > 0) await write(io.stdout, `credentials:\n${entriesText(proposals)}`);
  if (options.write === true) writeRegistry(file, shownFile, proposals, registry.credentials.length, io);
}

/** What the registry has and the logs have not, and the other way round. */
function differencesOf(
  proposals: readonly Proposal[],
  discovery: Discovery,
  registered: readonly Credential[],
  file: string,
): string[] {
  const { known, counts } = discovery;
  const unused = registered.filter((credential) => !known.has(credential));
  const nameless = discovery.nameless(MOST_NAMELESS);
  return [
    `${number(proposals.length)} new, ${number(known.size)} known and used, ${number(unused.length)} known and not used, compared with ${file}`,
    ...proposals.map(({ id, found }) => `+ ${id}: last used ${minute(found.usage.last)} UTC`),
    ...[...known]
      .map(([{ id }, { last, uses }]) => `= ${id}: last used ${minute(last)} UTC, ${number(uses)} uses`)
      .sort(),
    ...unused.map(({ id }) => `- ${id}: not used in these logs`),
    ...(counts.unproven > 0
      ? [
          `${number(counts.unproven)} uses bear a name that nothing proves: no entry is proposed for what anybody may have written.`,
        ]
      : []),
    ...(counts.left > 0
      ? [`${number(counts.left)} uses are of more credentials than are told apart, or of names that no entry can hold.`]
      : []),
    ...(counts.nameless > 0
      ? [
          `${number(counts.nameless)} uses name nobody, so Wayward cannot tell agents apart by them: an address is no credential, and may be`,
          'many agents. Have the server log which credential it accepted (docs/sources.md). Most of them come from:',
          ...nameless.map(
            ({ address, client, uses }) =>
              `  ${commented(address)}${client === undefined ? '' : ` ${commented(client)}`}: ${number(uses)} uses`,
          ),
        ]
      : []),
  ];
}

function writeRegistry(
  file: string,
  shownFile: string,
  proposals: readonly Proposal[],
  registered: number,
  io: CommandIo,
): void {
  if (proposals.length === 0) {
    warn(io, `${shownFile}: nothing to add; it is as it was`);
    return;
  }
  const text = withEntries(existsSync(file) ? readFileSync(file, 'utf8') : '', proposals);
  if (text === undefined) {
    throw new UsageError(
      `${shownFile}: entries can only be added to YAML whose list has a "- " before each entry; add those above by hand`,
    );
  }
  replaceFile(file, text, (written) => {
    const count = loadCredentials(written).length;
    if (count !== registered + proposals.length)
      throw new UsageError(`${shownFile}: would have ${count} credentials afterwards; add those above by hand`);
  });
  warn(io, `${shownFile}: ${number(proposals.length)} credentials added; look at agents, peer groups and owners`);
}

const number = (count: number): string => count.toLocaleString('en-US');
