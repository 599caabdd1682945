import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';

const DELETES = 'DELETE /v1/drafts/{id}';
const OTHERS = Array.from({ length: 24 }, (_, place) => `GET /v1/things-${place}/{id}`);
const DAYS = 21;

/** An agent with more actions than are counted one by one, that deletes something each morning before all else. */
const working = (): Watched => {
  const watched = new Watched();
  for (let day = 0; day < DAYS; day++) {
    const morning = MONDAY + day * DAY + 9 * HOUR;
    watched.use(morning, { action: DELETES });
    for (let round = 0; round < 4; round++)
      for (const [place, action] of OTHERS.entries())
        watched.use(morning + HOUR + round * HOUR + place * MINUTE, { action });
  }
  return watched;
};

const deleting = (times: number): string[] => {
  const watched = working();
  watched.burst(MONDAY + DAYS * DAY + 9 * HOUR, times, 5_000, { action: DELETES });
  return watched.worth.map(({ reason }) => reason);
};

test('a few more than on other days is no finding, though others have taken its place among those counted', () => {
  expect(deleting(7)).toEqual([]);
});

test('many are, and it is not said that it was never done', () => {
  expect(deleting(60)).toEqual([expect.stringMatching(/times DELETE .*as a rule its busiest actions have at most/)]);
});
