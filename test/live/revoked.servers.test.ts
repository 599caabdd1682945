import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { describeWith } from '../servers/require-server.ts';
import { useAllTheTime } from './client.ts';
import { LIVE_ISSUERS } from './issuers/registry.ts';
import { newPlace, recordOf, theft, WORKED, watch } from './theft.ts';
import { waywardSays } from './wayward.ts';

const TIMEOUT = 120_000;
/** `event.severity` of a high alert. */
const HIGH = 73;
const AGENTS = ['billing-agent-1', 'billing-agent-2', 'billing-agent-3'] as const;

for (const [name, start] of Object.entries(LIVE_ISSUERS)) {
  const title = `wayward run beside ${name}, with response in mode auto`;
  describeWith(
    title,
    () => start(AGENTS),
    (issuer) => {
      test(
        'a credential in use that is used for what it is not for is refused from the proof on; that of another agent goes on all the time',
        async () => {
          const { holders } = issuer();
          const [first, second, colleague] = holders;
          if (first === undefined || second === undefined || colleague === undefined)
            throw new RangeError('there is a holder for each agent');
          const place = newPlace(join(temporaryFolder(), 'wayward'), issuer());
          const wayward = await watch(place);
          onTestFinished(() => wayward.kill());
          const honest = useAllTheTime(colleague);

          for (const thief of [first, second]) {
            const { lastUseAt, verifiedAt, refusals } = await theft(thief, async () => wayward);
            expect(lastUseAt).toBeGreaterThan(0);
            expect(lastUseAt).toBeLessThanOrEqual(verifiedAt);
            expect(refusals).toHaveLength(1);
            expect(refusals).not.toContain(WORKED);
          }
          await honest.used(5, Date.now());
          await honest.stop();
          expect(new Set(honest.uses.map(({ refused }) => refused))).toEqual(new Set([undefined]));

          const alerts = await waywardSays(place.config, ['alerts', 'list', '--json', '--severity', 'high']);
          const found = alerts
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line));
          expect(found.map(({ gen_ai }) => gen_ai.agent.id).toSorted()).toEqual(
            [first, second].map(({ entry }) => entry.agent),
          );
          for (const { event } of found)
            expect(event).toMatchObject({
              severity: HIGH,
              reason: expect.stringContaining('outside its declared scopes'),
            });
          expect(await wayward.stop()).toBe(0);
          expect(holders.map((holder) => recordOf(place, holder).length)).toEqual([1, 1, 0]);
          await waywardSays(place.config, ['audit', 'verify']); // rejects unless the record is whole
        },
        TIMEOUT,
      );
    },
  );
}
