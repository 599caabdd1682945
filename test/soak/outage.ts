import { integer, seeded } from '../../src/simulate/random.ts';
import { type OutageRun, runOutage } from '../chaos/outage.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startKafka } from '../servers/kafka.ts';
import { startTogether } from '../servers/start-together.ts';
import type { LongForm, Piece } from './form.ts';
import { inTemporaryFolder } from './temporary.ts';

const SHORT_FORMS = 4;

const piece = (name: string, seconds: number, settings: Omit<OutageRun, 'folder'>): Piece => ({
  name,
  seconds,
  run: ({ say }) =>
    inTemporaryFolder(async (folder) => {
      const servers = await startTogether({
        kafka: () => startKafka({ heap: '512m' }),
        elasticsearch: startElasticsearch,
      });
      try {
        const { differences, ...result } = await runOutage({ folder, ...settings }, servers, say);
        say(JSON.stringify(result));
        return differences;
      } finally {
        await servers.stop();
      }
    }),
});

function shortForm(number: number): Piece {
  const random = seeded(`outage ${number}`);
  return piece(`short ${number}`, 150, {
    events: integer(random, 1_000, 10_000),
    liveSeconds: integer(random, 5, 15),
    downSeconds: integer(random, 5, 20),
  });
}

export const outage: LongForm = {
  about:
    'Elasticsearch is killed while alerts come in, and comes back with every kind of trouble: each document is there once',
  pieces: [
    piece('minute', 420, { events: 50_000, liveSeconds: 50, downSeconds: 60 }),
    ...Array.from({ length: SHORT_FORMS }, (_, at) => shortForm(at + 1)),
  ],
};
