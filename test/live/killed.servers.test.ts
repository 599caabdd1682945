import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { KillPoint } from '../response/crashes/points.ts';
import { describeWith } from '../servers/require-server.ts';
import type { StartIssuer } from './issuers/issuer.ts';
import { LIVE_ISSUERS } from './issuers/registry.ts';
import { newPlace, recordOf, theft, WORKED, watch } from './theft.ts';
import { waywardSays } from './wayward.ts';

const TIMEOUT = 120_000;
const CRASH_AT = new URL('../response/crashes/crash-at.ts', import.meta.url);
/** Of the points at which response may end in the middle, some before and after the call; with the calls made by then. */
const CALLS_BY_THEN = {
  'before the plan is saved': 0,
  'before the call': 0,
  'before the record': 1,
} as const satisfies Partial<Record<KillPoint, number>>;
const POINTS = Object.keys(CALLS_BY_THEN) as (keyof typeof CALLS_BY_THEN)[];

/** With a place for all its Waywards: one without a memory would read of the thieves before, and revoke once more. */
async function startWithPlace(startIssuer: StartIssuer) {
  const issuer = await startIssuer(POINTS.map((_, at) => `billing-agent-${at + 1}`));
  const folder = mkdtempSync(join(tmpdir(), 'wayward-killed-'));
  const stop = async () => {
    await issuer.stop();
    rmSync(folder, { recursive: true });
  };
  return { ...issuer, place: newPlace(join(folder, 'wayward'), issuer), stop };
}

for (const [name, start] of Object.entries(LIVE_ISSUERS)) {
  const title = `wayward run beside ${name}, in the middle of an automatic response`;
  describeWith(
    title,
    () => startWithPlace(start),
    (issuer) => {
      test.each(POINTS.map((point, at) => [point, at] as const))(
        'killed %s: the next one finishes it; one effect at the server, one record, nobody else is touched',
        async (point, at) => {
          const { holders, revocations, place } = issuer();
          const thief = holders[at];
          if (thief === undefined) throw new RangeError('there is a holder for each point');
          const records = () => holders.map((holder) => recordOf(place, holder).length);
          const [before, recorded] = [await revocations(), records()];
          const env = { NODE_OPTIONS: `--import ${CRASH_AT.href}`, WAYWARD_TEST_CRASH_AT: point };
          const dying = await watch(place, env);
          onTestFinished(() => dying.kill());

          const { refusals } = await theft(thief, async () => {
            expect(await dying.ended).toBeNull();
            expect((await revocations()) - before).toBe(CALLS_BY_THEN[point]);
            const next = await watch(place);
            onTestFinished(() => next.kill());
            return next;
          });
          expect(refusals).toHaveLength(1);
          expect(refusals).not.toContain(WORKED);
          expect((await revocations()) - before).toBe(1);
          expect(records()).toEqual(recorded.with(at, 1));
          await waywardSays(place.config, ['audit', 'verify']); // rejects unless the record is whole
        },
        TIMEOUT,
      );
    },
  );
}
