import { expect, it } from 'vitest';
import { AlertLimit } from '../../../src/sinks/elasticsearch/alert-limit.ts';
import { elasticsearchSchema } from '../../../src/sinks/elasticsearch/settings.ts';
import { describeWith } from '../../servers/require-server.ts';
import { ACTIVITY, ALERTS, beginDelivery, expectDelivered, LATEST, startBehindProxy } from './behind-proxy.ts';
import { activity, documentsIn, revisions } from './deliverables.ts';

/** Of the tests: what a run of the rule looks at, milliseconds. */
const WINDOW = 4_000;
/** Elastic's rule takes so many a run. */
const MOST = elasticsearchSchema.parse({ node: 'http://localhost:9200' }).alerts_per_minute;

describeWith('alerts at the limit of the rule that reads them', startBehindProxy, (place) => {
  const begin = (most = MOST, window = WINDOW) => beginDelivery(place(), { limit: new AlertLimit(most, window) });
  const timesOf = async (name: string) =>
    (await documentsIn(place().server, ALERTS, name)).map(({ _source }) => Date.parse(_source.event.ingested));

  /** The most that any window holds, wherever it begins. */
  const busiest = (times: readonly number[], window = WINDOW): number =>
    Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + window).length));

  it('1,000 go at once, and the 1,001st waits until the first have left the window; nothing is lost', async () => {
    const { delivery, server } = begin();
    const items = revisions('thousand', MOST + 1);
    const began = Date.now();
    const delivered = delivery.deliver([...items, ...activity('beside', 3)], false);
    await expect.poll(() => delivery.counts.heldBack, { interval: 20, timeout: 30_000 }).toBe(1);
    expect(await timesOf('thousand')).toHaveLength(MOST);
    expect(await documentsIn(server, LATEST, 'thousand')).toHaveLength(MOST + 1);
    expect(await documentsIn(server, ACTIVITY, 'beside')).toHaveLength(3);
    await delivered;
    expect(Date.now() - began).toBeGreaterThanOrEqual(WINDOW);
    await expectDelivered(server, 'thousand', items);
    expect(busiest(await timesOf('thousand'))).toBeLessThanOrEqual(MOST);
    expect(delivery.counts).toMatchObject({ heldBack: 0, rejected: 0 });
  });

  it('in many windows, none has more than the limit', async () => {
    const { delivery, server } = begin(20, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // those of the test before have left it
    const items = revisions('windows', 75);
    await delivery.deliver(items.slice(0, 35), false);
    await delivery.deliver(items.slice(35), false);
    await expectDelivered(server, 'windows', items);
    expect(busiest(await timesOf('windows'), 1_000)).toBeLessThanOrEqual(20);
  });

  it('a process that starts anew at the limit counts what the one before it wrote, and gets the rest through', async () => {
    const window = 8_000;
    const { delivery: before, server } = begin(30, window);
    const [early, late] = [revisions('early', 30), revisions('late', 10)];
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await before.deliver(early, false);
    const waiting = before.deliver(late, false);
    await expect.poll(() => before.counts.heldBack).toBe(10);
    before.stop(); // as if it had died
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(await timesOf('late')).toEqual([]);

    const { delivery: after } = begin(30, window);
    const restarted = Date.now();
    const delivered = after.deliver([...early, ...late], true);
    await expect.poll(() => after.counts.heldBack).toBe(10); // those that are there take no room and do not wait
    await delivered;
    expect(Date.now() - restarted).toBeGreaterThanOrEqual(window - 100);
    await expectDelivered(server, 'early', early);
    await expectDelivered(server, 'late', late);
    expect(busiest([...(await timesOf('early')), ...(await timesOf('late'))], window)).toBeLessThanOrEqual(30);
  });
});
