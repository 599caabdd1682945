import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, Watched } from '../baselines/watched.ts';

const PATHS = ['orders/{id}', 'customers/{id}', 'carts/{id}', 'prices', 'seats/{id}', 'stores/{id}'];

/** An agent after five weeks of the same work under `/v1/`, and the Monday that follows. */
const settled = (): { watched: Watched; monday: number } => {
  const watched = new Watched();
  const first = Date.UTC(2026, 0, 5);
  for (let day = 0; day < 35; day++)
    for (let step = 0; step < 20; step++)
      watched.use(first + day * DAY + 8 * HOUR + step * 30 * MINUTE, {
        action: `GET /v1/${PATHS[step % PATHS.length]}`,
      });
  return { watched, monday: first + 35 * DAY };
};

const doAll = (watched: Watched, time: number, actions: readonly string[]): void => {
  for (const [place, action] of actions.entries()) watched.use(time + place * MINUTE, { action });
};

test('who moves to the next version of an interface does nothing new', () => {
  const { watched, monday } = settled();
  doAll(
    watched,
    monday + 9 * HOUR,
    PATHS.map((path) => `GET /v2/${path}`),
  );
  expect(watched.alerts).toEqual([]);
});

test('what it never did in the version before is new in this one', () => {
  const { watched, monday } = settled();
  doAll(
    watched,
    monday + 9 * HOUR,
    ['exports', 'admin/users', 'suppliers/{id}', 'invoices/{id}'].map((path) => `GET /v2/${path}`),
  );
  expect(watched.worth).toHaveLength(1);
});

test('another method on a known path is new, in whatever version', () => {
  const { watched, monday } = settled();
  watched.use(monday + 9 * HOUR, { action: 'DELETE /v2/orders' });
  expect(watched.worth).toHaveLength(1);
});
