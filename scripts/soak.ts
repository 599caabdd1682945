import { parseArgs } from 'node:util';
import { table } from '../src/commands/table.ts';
import { MissingServer } from '../test/servers/require-server.ts';
import { LONG_FORMS } from '../test/soak/registry.ts';
import { type Chosen, sample } from '../test/soak/sample.ts';

const HELP = `npm run soak -- [NAME …] [--only PIECE] [--list]
npm run soak -- --sample SEED [--minutes N]

The long forms of tests, on real servers that are started and stopped again; without a name all of them, which takes hours.

${table(
  ['NAME', 'PIECES', 'MINUTES', 'WHAT'],
  Object.entries(LONG_FORMS).map(([name, { about, pieces }]) => [
    name,
    String(pieces.length),
    String(Math.ceil(pieces.reduce((sum, { seconds }) => sum + seconds, 0) / 60)),
    about,
  ]),
)}

  --only PIECE    that piece of one long form
  --list          the names of the pieces, and nothing is run
  --sample SEED   pieces that end within N minutes, another choice for each seed (CI: the commit)
  --minutes N     of a sample; 4 unless told

Exit code: 0 all is well, 1 something failed, 2 wrong usage, 3 a server is not there, 130 interrupted.`;

class Usage extends Error {}

/** What the command line asks for. */
function chosen():
  | { readonly pieces: readonly Chosen[]; readonly minutes: number; readonly list: boolean }
  | undefined {
  const { values, positionals } = parsed();
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => !Object.hasOwn(LONG_FORMS, name));
  if (unknown.length > 0) throw new Usage(`no long form ${unknown}; there are ${Object.keys(LONG_FORMS).join(', ')}`);
  const { list = false, minutes = '4', only } = values;
  if (!(Number(minutes) > 0)) throw new Usage('--minutes takes a number above 0');
  const forms = Object.fromEntries(
    Object.entries(LONG_FORMS).filter(([name]) => positionals.length === 0 || positionals.includes(name)),
  );
  if (values.sample !== undefined)
    return { pieces: sample(forms, values.sample, Number(minutes) * 60), minutes: Number(minutes), list };
  const all = Object.entries(forms).flatMap(([form, { pieces }]) => pieces.map((piece) => ({ form, piece })));
  const pieces = all.filter(({ piece }) => only === undefined || piece.name === only);
  if (pieces.length === 0) throw new Usage(`no piece is called ${only}; --list names them`);
  return { pieces, minutes: Number.POSITIVE_INFINITY, list };
}

function parsed() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      options: { only: text, list: flag, sample: text, minutes: text, help: flag },
      allowPositionals: true,
    });
  } catch (error) {
    throw new Usage(String(error));
  }
}

interface Outcome extends Chosen {
  readonly state: 'passed' | 'failed' | 'missing';
  readonly failures: readonly string[];
  readonly seconds: number;
}

const interrupted = new AbortController();
const began = Date.now();
const secondsSince = (time: number): number => (Date.now() - time) / 1_000;
const say = (text: string): void => console.log(`${secondsSince(began).toFixed(1).padStart(7)} s  ${text}`);

async function made(one: Chosen): Promise<Outcome> {
  const start = Date.now();
  const ended = (state: Outcome['state'], failures: readonly string[]): Outcome => {
    const seconds = secondsSince(start);
    say(`${state} after ${seconds.toFixed(1)} s`);
    for (const failure of failures) console.log(failure);
    return { ...one, state, failures, seconds };
  };
  try {
    const failures = await one.piece.run({ say, signal: interrupted.signal });
    return ended(failures.length === 0 ? 'passed' : 'failed', failures);
  } catch (error) {
    if (error instanceof MissingServer) return ended('missing', [error.message]);
    return ended('failed', [error instanceof Error ? String(error.stack) : String(error)]);
  }
}

/** One after the other; none is begun when the time is up. */
async function run(pieces: readonly Chosen[], minutes: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [at, one] of pieces.entries()) {
    if (secondsSince(began) > minutes * 60) {
      say(`the time is up: ${pieces.length - at} pieces are left out`);
      break;
    }
    say(`${at + 1} of ${pieces.length}: ${one.form}: ${one.piece.name}`);
    outcomes.push(await made(one));
  }
  return outcomes;
}

function summary(outcomes: readonly Outcome[]): string {
  const rows = [...Map.groupBy(outcomes, ({ form }) => form)].map(([form, own]) => {
    const count = (state: Outcome['state']) => String(own.filter((one) => one.state === state).length);
    const seconds = own.reduce((sum, one) => sum + one.seconds, 0);
    return [form, count('passed'), count('failed'), count('missing'), seconds.toFixed(0)];
  });
  const failed = outcomes.filter(({ state }) => state === 'failed');
  return [
    table(['NAME', 'PASSED', 'FAILED', 'NO SERVER', 'SECONDS'], rows),
    ...failed.map(({ form, piece }) => `failed: npm run soak -- ${form} --only '${piece.name}'`),
  ].join('\n');
}

/** Servers and folders end with the process. */
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted.abort();
    process.exit(130);
  });

try {
  const asked = chosen();
  if (asked === undefined) {
    console.log(HELP);
  } else if (asked.list) {
    for (const { form, piece } of asked.pieces) console.log(`${form} --only '${piece.name}'`);
  } else {
    const outcomes = await run(asked.pieces, asked.minutes);
    console.log(`\n${summary(outcomes)}`);
    if (outcomes.some(({ state }) => state === 'missing')) process.exitCode = 3;
    if (outcomes.some(({ state }) => state === 'failed')) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
