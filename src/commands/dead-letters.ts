import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import type { Replayed } from '../pipeline/replay.ts';
import { type CommandIo, warn, write } from './io.ts';
import type { KeptLetter, LetterBox } from './letter-box.ts';
import { letterFile } from './letter-file.ts';
import { letterTopic } from './letter-topic.ts';
import { configOption, jsonOption, loadSetup, type SetupOptions, withExample } from './options.ts';
import { replayOf } from './replay-sources.ts';
import { byOption, oldByOption, whoDecides } from './response.ts';
import { table } from './table.ts';

interface LetterOptions extends SetupOptions {
  readonly deadLetters?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly json?: boolean;
}

interface ReplayOptions extends LetterOptions {
  readonly execute?: boolean;
  readonly by?: string;
  readonly as?: string;
}

/** Rows on a terminal. */
const SHOWN = 50;
/** Letters whose records are read again in one call. */
const AT_A_TIME = 200;
const MOST_REPLAYED = 10_000;

export function addDeadLetters(program: Command, io: CommandIo): void {
  const letters = program
    .command('dead-letters')
    .summary('What could not be used: look at it, and replay it after a fix')
    .description('Looks at the records that could not be used, and replays them after a fix.');
  addList(letters, io);
  addReplay(letters, io);
}

function addList(letters: Command, io: CommandIo): void {
  const command = letters
    .command('list', { isDefault: true })
    .summary('All of them, with counts by reason')
    .description(
      'Lists the dead letters, oldest first: records that could not be used, with the reason and a redacted excerpt. A table of\n' +
        `the last ${SHOWN} on a terminal, else one JSON object a letter; how many of each reason to stderr. They come from\n` +
        'wayward.dead-letters where wayward.yaml has kafka:, else from the state folder of wayward run, or from a file that\n' +
        'wayward scan wrote.',
    )
    .action((options: LetterOptions) => withLetters(options, io, (box) => list(box, options, io)));
  for (const option of letterOptions()) command.addOption(option);
  command.addOption(jsonOption());
  withExample(command, 'wayward dead-letters', 'wayward dead-letters --reason invalid-json --json | jq .excerpt');
}

function addReplay(letters: Command, io: CommandIo): void {
  const replay = letters
    .command('replay')
    .summary('Reads their records again, after a fix')
    .description(
      'After a fix (a format in wayward.yaml, a newer Wayward) reads the records of dead letters again from where they stand:\n' +
        'the letters themselves hold no record. Says what would become of each; with --execute the events of those that can be\n' +
        'used now are put through by the running wayward run, each once, however often this is repeated. They come late: they are\n' +
        'counted and get the checks that need no baseline. A record that is no longer there (a rotated file, a deleted offset)\n' +
        'is told as gone and never taken for another. Restart wayward run with the fix first.',
    )
    .option('--execute', 'put the events through; without it, only say what would happen')
    .addOption(byOption())
    .addOption(oldByOption())
    .action((options: ReplayOptions) => withLetters(options, io, (box) => replayAll(box, options, io)));
  for (const option of letterOptions()) replay.addOption(option);
  withExample(
    replay,
    'wayward dead-letters replay --reason invalid-time',
    'wayward dead-letters replay --source gateway-logs/3 --execute',
  );
}

const letterOptions = () => [
  new Option('--reason <reason>', 'only these'),
  new Option(
    '--source <name>',
    'only of this file, or of this topic (gateway-logs) or partition of it (gateway-logs/3)',
  ),
  new Option('--dead-letters <file>', 'the file that wayward scan --dead-letters wrote'),
  configOption(),
];

async function withLetters(
  options: LetterOptions,
  io: CommandIo,
  work: (box: LetterBox) => Promise<void>,
): Promise<void> {
  const setup = loadSetup(options, io);
  const { config } = setup;
  const { deadLetters } = options;
  const box =
    config.kafka !== undefined && deadLetters === undefined
      ? await letterTopic(setup, io)
      : letterFile({
          file: deadLetters ?? join(config.state, 'dead-letters.ndjson'),
          state: deadLetters === undefined ? config.state : undefined,
          replay: await replayOf(config, io),
          io,
        });
  try {
    await work(box);
  } finally {
    await box.close();
  }
}

async function* chosen(box: LetterBox, { reason, source }: LetterOptions, io: CommandIo): AsyncGenerator<KeptLetter> {
  const passedOver = (count: number) =>
    warn(io, `${number(count)} of what stands there are no dead letters; passed over`);
  for await (const kept of box.letters(passedOver)) {
    const { letter } = kept;
    const fits = source === undefined || letter.source === source || letter.source.startsWith(`${source}/`);
    if (fits && (reason === undefined || letter.reason === reason)) yield kept;
  }
}

async function list(box: LetterBox, options: LetterOptions, io: CommandIo): Promise<void> {
  const asTable = options.json !== true && io.stdout.isTTY === true;
  const last: KeptLetter[] = [];
  const counts = new Map<string, number>();
  for await (const kept of chosen(box, options, io)) {
    const { letter, replayed } = kept;
    counts.set(letter.reason, (counts.get(letter.reason) ?? 0) + 1);
    if (!asTable) await write(io.stdout, `${JSON.stringify({ ...letter, replayed })}\n`);
    else if (last.push(kept) > SHOWN) last.shift();
  }
  if (asTable && last.length > 0)
    await write(io.stdout, table(['SOURCE', 'POSITION', 'LENGTH', 'REASON', 'EXCERPT'], last.map(row)));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  warn(io, total === 0 ? 'no dead letters' : `${number(total)} dead letters: ${listed(counts)}`);
}

const EXCERPT = 60;

const row = ({ letter, replayed }: KeptLetter): string[] => [
  letter.source,
  String(letter.position),
  String(letter.length),
  replayed ? `${letter.reason} (replayed)` : letter.reason,
  letter.excerpt.slice(0, EXCERPT),
];

async function replayAll(box: LetterBox, options: ReplayOptions, io: CommandIo): Promise<void> {
  const letters: KeptLetter[] = [];
  let already = 0;
  let beyond = 0;
  for await (const kept of chosen(box, options, io)) {
    if (kept.replayed) already++;
    else if (letters.length < MOST_REPLAYED) letters.push(kept);
    else beyond++;
  }
  const usable: KeptLetter[] = [];
  const counts = new Map<string, number>();
  for (let at = 0; at < letters.length && !io.signal.aborted; at += AT_A_TIME) {
    const some = letters.slice(at, at + AT_A_TIME);
    for (const [index, replayed] of (await box.tryAgain(some)).entries()) {
      const kept = some[index];
      if (kept !== undefined && replayed.outcome === 'used') usable.push(kept);
      counts.set(inWords(replayed), (counts.get(inWords(replayed)) ?? 0) + 1);
    }
  }
  if (already > 0) counts.set('replayed before', already);
  if (beyond > 0) counts.set(`not looked at: ${number(MOST_REPLAYED)} at a time`, beyond);
  if (counts.size > 0)
    await write(
      io.stdout,
      table(
        ['LETTERS', 'OUTCOME'],
        [...counts].map(([words, count]) => [number(count), words]),
      ),
    );
  if (usable.length === 0) return warn(io, 'nothing to replay');
  if (options.execute !== true) return warn(io, `--execute replays ${number(usable.length)}`);
  const { used, waiting } = await box.replay(usable, whoDecides(options));
  warn(io, `replayed ${number(used)} of ${number(usable.length)}`);
  if (waiting > 0)
    throw new ServerUnavailableError(
      `${number(waiting)} wait: no wayward run took them within 15 s. The next one that starts will; repeating this does no harm`,
    );
  if (used < usable.length)
    throw new UsageError(
      `${number(usable.length - used)} could be used with this wayward.yaml, but not by the process that replays: restart wayward run with it`,
    );
}

function inWords(replayed: Replayed): string {
  switch (replayed.outcome) {
    case 'used':
      return replayed.events.length > 0 ? 'can be used now: an event' : 'can be used now: no use of a credential';
    case 'unusable':
      return `still unusable: ${replayed.reason}`;
    case 'gone':
      return 'gone: another record or none stands there';
  }
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${number(count)}`)
    .join(', ');

const number = (count: number): string => count.toLocaleString('en-US');
