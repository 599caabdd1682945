import { integer, seeded } from '../../src/simulate/random.ts';
import { type ChaosRun, runChaos } from '../chaos/run.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startKafka } from '../servers/kafka.ts';
import { startTogether } from '../servers/start-together.ts';
import type { LongForm, Piece } from './form.ts';
import { inTemporaryFolder } from './temporary.ts';

const SHORT_FORMS = 12;

const piece = (name: string, seconds: number, settings: Omit<ChaosRun, 'folder' | 'seed'>): Piece => ({
  name,
  seconds,
  run: ({ say }) =>
    inTemporaryFolder(async (folder) => {
      const servers = await startTogether({
        kafka: () => startKafka({ heap: '512m' }),
        elasticsearch: () => startElasticsearch({ heap: '512m' }),
      });
      try {
        const { differences, ...result } = await runChaos({ folder, seed: name, ...settings }, servers, say);
        say(JSON.stringify(result));
        return differences;
      } finally {
        await servers.stop();
      }
    }),
});

/** How many processes, how often they are killed and when they save, other in each. */
function shortForm(number: number): Piece {
  const random = seeded(`chaos ${number}`);
  return piece(`short ${number}`, 150, {
    events: integer(random, 60_000, 90_000),
    processes: integer(random, 2, 4),
    kills: integer(random, 3, 6),
    liveSeconds: 10,
    between: [integer(random, 300, 2_000), integer(random, 3_000, 9_000)],
    pause: integer(random, 0, 2) === 0,
    snapshotEvery: `${integer(random, 1, 20)}s`,
  });
}

export const chaos: LongForm = {
  about:
    'processes that share the work over Kafka are killed and paused at random: alerts and state are those of wayward scan',
  pieces: [
    piece('million', 1_500, {
      events: 1_000_000,
      processes: 3,
      kills: 20,
      liveSeconds: 60,
      between: [2_000, 15_000],
      pause: true,
      snapshotEvery: '5s',
    }),
    ...Array.from({ length: SHORT_FORMS }, (_, at) => shortForm(at + 1)),
  ],
};
