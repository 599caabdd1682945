import { integer, seeded } from '../../src/simulate/random.ts';
import { type LateResult, type LateRun, runLate } from '../chaos/late.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import type { LongForm, Piece } from './form.ts';
import { inTemporaryFolder } from './temporary.ts';

const MINUTE = 60_000;
/** How much of its log a partition is late by; records come every few minutes. */
const AWAY = {
  'twenty minutes': 20 * MINUTE,
  'an hour': 60 * MINUTE,
  'half a day': 720 * MINUTE,
  'a day': 1_440 * MINUTE,
  'five days': 7_200 * MINUTE,
};

type Settings = Omit<LateRun, 'folder' | 'seed' | 'again' | 'unread'> & {
  readonly again: number;
  readonly unread: number;
};

const piece = (name: string, settings: Settings): Piece => ({
  name,
  seconds: 200,
  run: ({ say }) =>
    inTemporaryFolder(async (folder) => {
      const kafka = await startOwnKafka({ heap: '512m' });
      try {
        const { differences, byLatePeers, ...result } = await runLate({ folder, seed: name, ...settings }, kafka, say);
        say(JSON.stringify(result));
        for (const one of byLatePeers) say(`by late peers, ${one}`);
        return [...differences, ...whyNoTest(result, settings)];
      } finally {
        await kafka.stop();
      }
    }),
});

function whyNoTest(
  { behind, late, overflow, lost }: Pick<LateResult, 'behind' | 'late' | 'overflow' | 'lost'>,
  { again, unread }: Settings,
): string[] {
  return [
    ...(overflow > 0 ? [] : ['no more came than may wait: this was no test']),
    ...(behind > again ? [] : ['no source came late: this was no test']),
    ...(late > 0 ? [] : ['nothing came after later records of its agent: this was no test']),
    ...(lost.letters === 1 && lost.records === unread
      ? []
      : [`of ${unread} records that were deleted unread, ${lost.letters} dead letters name ${lost.records}`]),
  ];
}

/** One for each lateness; how often processes are killed and how many lines are there twice, again or never read follows from the seed. */
export const latePieces = (seed: string): Piece[] =>
  Object.entries(AWAY).map(([name, away]) => {
    const random = seeded(`late ${name} ${seed}`);
    return piece(`${name} ${seed}`, {
      steady: integer(random, 2_000, 20_000),
      processes: integer(random, 2, 3),
      kills: integer(random, 1, 4),
      between: [integer(random, 300, 2_000), integer(random, 3_000, 9_000)],
      away,
      twice: integer(random, 1, 40),
      again: integer(random, 20, 200),
      unread: integer(random, 1, 1_000),
      grows: true,
      restarts: true,
    });
  });

export const late: LongForm = {
  about:
    'a partition or two come minutes to days late while processes are killed, lines come twice, records are deleted unread, a topic grows and all are restarted in turn: alerts are those of wayward scan',
  pieces: [1, 2, 3].flatMap((number) => latePieces(String(number))),
};
