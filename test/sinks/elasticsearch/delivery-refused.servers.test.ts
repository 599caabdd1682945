import { expect, it } from 'vitest';
import { describeWith } from '../../servers/require-server.ts';
import { ACTIVITY, ALERTS, beginDelivery, expectDelivered, LATEST, setUp, startBehindProxy } from './behind-proxy.ts';
import { activity, revisions } from './deliverables.ts';

const TEMPLATES = [ALERTS, ACTIVITY].map((name) => `_index_template/${name.replace('-default', '')}`);

describeWith('delivery to an Elasticsearch that needs somebody to do something', startBehindProxy, (place) => {
  const begin = () => beginDelivery(place());

  it('that was never set up: makes no index of its own, says what to run, and goes on when it is done', async () => {
    const { delivery, told, server } = begin();
    await server.call('DELETE', LATEST);
    for (const name of [...TEMPLATES, `_index_template/${LATEST}`]) await server.call('DELETE', name);
    const items = [...revisions('bare', 5), ...activity('bare', 5)];
    const delivered = delivery.deliver(items, false);
    await expect.poll(() => delivery.state.state, { timeout: 60_000 }).toBe('refused');
    expect(delivery.state).toMatchObject({
      reason: expect.stringMatching(/has no index wayward-alerts-latest: run `wayward setup elasticsearch` first$/),
      since: expect.any(Number),
    });
    await expect.poll(() => delivery.counts.retries, { timeout: 60_000 }).toBeGreaterThan(2);
    expect((await server.call('GET', LATEST)).status).toBe(404);
    await setUp(server);
    await delivered;
    await expectDelivered(server, 'bare', items);
    expect(told.map(({ state }) => state)).toEqual(['refused', 'ok']);
  });

  it('that has lost its templates since: no index comes into being, and it goes on when they are there', async () => {
    const { delivery, told, server } = begin();
    await delivery.deliver(activity('first', 1), false);
    for (const name of TEMPLATES) await server.call('DELETE', name);
    await server.call('DELETE', '.ds-logs-wayward.alert-default-*?expand_wildcards=all');
    const other = 'logs-wayward.inventory-default';
    await server.call('DELETE', '_index_template/logs-wayward.inventory');
    const document = { ...activity('lost', 1)[0], stream: 'inventory' } as const;
    const delivered = delivery.deliver([document as never], false);
    await expect.poll(() => delivery.state.state, { timeout: 60_000 }).toBe('refused');
    expect(delivery.state).toMatchObject({
      reason: expect.stringMatching(
        /does not take documents for logs-wayward.inventory-default: index_not_found_exception \(404\); run `wayward setup elasticsearch`$/,
      ),
    });
    expect((await server.call('GET', other)).status).toBe(404);
    await setUp(server);
    await delivered;
    expect(told.map(({ state }) => state)).toEqual(['refused', 'ok']);
  });

  it.each([400, 403, 404])(
    'the count of earlier alerts is answered with %d: it says so, and goes on when that ends',
    async (status) => {
      const { delivery, told, proxy, server } = begin();
      proxy.strikes = (_method, path) => path.includes('/_count');
      for (let count = 0; count < 3; count++) proxy.faults.push({ kind: 'answer', status, type: 'made_up_exception' });
      const items = revisions(`counted-${status}`, 3);
      const delivered = delivery.deliver(items, false);
      await expect.poll(() => delivery.state.state).toBe('refused');
      expect(delivery.state).toMatchObject({
        reason: expect.stringMatching(
          status === 403 ? /forbids it \(403 made_up_exception\); docs\/elasticsearch.md lists/ : /setup elasticsearch/,
        ),
      });
      await delivered;
      await expectDelivered(server, `counted-${status}`, items);
      expect(told.map(({ state }) => state)).toEqual(['refused', 'ok']);
    },
  );

  it('says so, too, when it was only away before', async () => {
    const { delivery, told, proxy } = begin();
    proxy.faults.push(
      { kind: 'answer', status: 503 },
      { kind: 'answer', status: 405 },
      { kind: 'answer', status: 503 },
    );
    await delivery.deliver(activity('both', 3), false);
    expect(told.map(({ state }) => state)).toEqual(['retrying', 'refused', 'retrying', 'ok']);
  });
});
