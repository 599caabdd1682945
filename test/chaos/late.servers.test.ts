import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { runLate } from './late.ts';

/** A short form of `npm run soak -- late`. */
describeWith(
  'processes that are killed while a partition comes hours late',
  () => startOwnKafka({ heap: '512m' }),
  (server) => {
    test('no alert is lost, doubled or invented', async () => {
      const run = {
        folder: temporaryFolder(),
        steady: 4_000,
        processes: 2,
        kills: 2,
        between: [2_000, 6_000],
        away: 4 * 86_400_000,
        twice: 20,
        seed: 'short',
      } as const;
      const { differences, byLatePeers, behind, alerts, lateAlerts, kills } = await runLate(
        run,
        server(),
        () => undefined,
      );
      expect([...differences, ...byLatePeers]).toEqual([]);
      expect(behind).toBeGreaterThan(0); // else it was no test
      expect(alerts).toBeGreaterThan(20);
      expect(lateAlerts).toBeGreaterThan(0);
      expect(kills).toBe(2);
    }, 400_000);
  },
);
