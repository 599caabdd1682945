import { integer, seeded } from '../../src/simulate/random.ts';
import { type LateRun, runLate } from '../chaos/late.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import type { LongForm, Piece } from './form.ts';
import { inTemporaryFolder } from './temporary.ts';

const MINUTE = 60_000;
/** How much of its log a partition is late by; records come every few minutes. */
const AWAY = {
  'an hour': 60 * MINUTE,
  'half a day': 720 * MINUTE,
  'a day': 1_440 * MINUTE,
  'five days': 7_200 * MINUTE,
};

const piece = (name: string, settings: Omit<LateRun, 'folder' | 'seed'>): Piece => ({
  name,
  seconds: 150,
  run: ({ say }) =>
    inTemporaryFolder(async (folder) => {
      const kafka = await startOwnKafka({ heap: '512m' });
      try {
        const { differences, ...result } = await runLate({ folder, seed: name, ...settings }, kafka, say);
        say(JSON.stringify(result));
        return result.behind === 0 ? [...differences, 'nothing came late: this was no test'] : differences;
      } finally {
        await kafka.stop();
      }
    }),
});

/** One for each lateness; how often processes are killed and how many lines are there twice follows from the seed. */
export const latePieces = (seed: string): Piece[] =>
  Object.entries(AWAY).map(([name, away]) => {
    const random = seeded(`late ${name} ${seed}`);
    return piece(`${name} ${seed}`, {
      steady: integer(random, 2_000, 20_000),
      processes: integer(random, 2, 3),
      kills: integer(random, 1, 4),
      between: [integer(random, 300, 2_000), integer(random, 3_000, 9_000)],
      away,
      twice: integer(random, 0, 40),
    });
  });

export const late: LongForm = {
  about:
    'a partition or two come hours late while processes are killed, some lines twice: alerts are those of wayward scan',
  pieces: [1, 2, 3].flatMap((number) => latePieces(String(number))),
};
