import { Client } from '@elastic/elasticsearch';
import { expect, it, onTestFinished } from 'vitest';
import { Delivery } from '../../../src/sinks/elasticsearch/delivery.ts';
import { elasticsearchSchema } from '../../../src/sinks/elasticsearch/settings.ts';
import type { Deliverable } from '../../../src/sinks/sink.ts';
import type { Fault } from '../../servers/faulty-proxy.ts';
import { describeWith } from '../../servers/require-server.ts';
import {
  ACTIVITY,
  ALERTS,
  type BeginOptions,
  beginDelivery,
  expectDelivered,
  startBehindProxy,
} from './behind-proxy.ts';
import { activity, documentsIn, revisions } from './deliverables.ts';

describeWith('delivery through trouble', startBehindProxy, (place) => {
  const begin = (options?: BeginOptions) => beginDelivery(place(), options);
  const expectThere = (name: string, items: readonly Deliverable[]) => expectDelivered(place().server, name, items);
  const itemsOf = (name: string): Deliverable[] => [...revisions(name, 40), ...activity(name, 40)];
  const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

  const FAULTS: readonly (readonly [string, readonly Fault[], reason: RegExp])[] = [
    ['connections that end without an answer', times(4, { kind: 'drop' }), /can't be reached/],
    ['429', times(4, { kind: 'answer', status: 429 }), /answered 429 es_rejected_execution_exception/],
    ['503', times(4, { kind: 'answer', status: 503, type: 'cluster_block_exception' }), /answered 503/],
    ['connections cut after the request was carried out', times(4, { kind: 'cut' }), /can't be reached/],
    [
      'every second document put off',
      times(4, { kind: 'items', status: 429, carriedOut: false }),
      /puts it off: es_rejected_execution_exception \(429\)/,
    ],
    [
      'every second document said to have failed, though it was written',
      times(4, { kind: 'items', status: 503, carriedOut: true }),
      /puts it off: unavailable_shards_exception \(503\)/,
    ],
    [
      'every second document failed, and said so',
      times(4, { kind: 'items', status: 503, carriedOut: false }),
      /puts it off/,
    ],
  ];

  it.each(FAULTS)(
    '%s: each document is there once, and delivery says what was wrong',
    async (title, faults, reason) => {
      const name = title.replaceAll(/\W/g, '-');
      const { delivery, told, proxy } = begin();
      proxy.faults.push(...faults);
      const items = itemsOf(name);
      await delivery.deliver(items, false);
      expect(proxy.faults).toEqual([]);
      await expectThere(name, items);
      expect(told.map(({ state }) => state)).toEqual(['retrying', 'ok']);
      expect(told[0]).toMatchObject({ reason: expect.stringMatching(reason), since: expect.any(Number) });
      expect(delivery.state).toEqual({ state: 'ok' });
      expect(delivery.counts.retries).toBeGreaterThanOrEqual(2);
      expect(delivery.counts).toMatchObject({ rejected: 0, heldBack: 0 });
    },
  );

  it('a request that hangs is given up, and done again', async () => {
    const { delivery, told, proxy } = begin({ timeout: 2_000 });
    proxy.faults.push({ kind: 'hang' });
    const items = itemsOf('hangs');
    await delivery.deliver(items, false);
    await expectThere('hangs', items);
    expect(told[0]).toMatchObject({ reason: expect.stringContaining('did not answer in time') });
  });

  it('a rollover between an attempt and the next: what was written before it is not written again', async () => {
    const { delivery, proxy, server } = begin();
    const rollover = (stream: string) => async () => {
      const { body } = await server.call('POST', `${stream}/_rollover`);
      expect(body.rolled_over).toBe(true);
    };
    const before = itemsOf('before-rollover');
    await delivery.deliver(before, false);
    proxy.faults.push(
      { kind: 'cut', after: rollover(ALERTS) },
      { kind: 'cut', after: rollover(ACTIVITY) },
      { kind: 'cut' },
      { kind: 'items', status: 503, carriedOut: true },
    );
    const items = itemsOf('rolled');
    await delivery.deliver(items, false);
    await expectThere('rolled', items);
    await delivery.deliver(before, true); // as after a restart
    await expectThere('before-rollover', before);
    const indices = new Set((await documentsIn(server, ACTIVITY)).map(({ _index }) => _index));
    await delivery.deliver(itemsOf('after-rollover'), false);
    const after = new Set((await documentsIn(server, ACTIVITY)).map(({ _index }) => _index));
    expect(after.size).toBe(indices.size + 1);
  });

  it('without the look, a rollover would make it twice: Elasticsearch itself does not see to it', async () => {
    const { delivery, server } = begin();
    const items = activity('unlooked', 1);
    await delivery.deliver(items, false);
    await server.call('POST', `${ACTIVITY}/_rollover`);
    await delivery.deliver(items, false);
    expect(await documentsIn(server, ACTIVITY, 'unlooked')).toHaveLength(2);
  });

  it('an Elasticsearch that is away for a while: nothing is lost, and it says since when', async () => {
    const { delivery, told, proxy } = begin();
    await proxy.down();
    const items = itemsOf('away');
    const delivered = delivery.deliver(items, false);
    await expect.poll(() => delivery.state.state).toBe('retrying');
    expect(told).toMatchObject([
      { state: 'retrying', reason: expect.stringMatching(/can't be reached.*check elasticsearch/) },
    ]);
    await proxy.up();
    await delivered;
    await expectThere('away', items);
    expect(told.at(-1)).toEqual({ state: 'ok' });
  });

  it('what Elasticsearch will never take is handed over with its reason, and the rest is delivered', async () => {
    const { delivery, rejected } = begin();
    const [bad, ...good] = activity('rejected', 5);
    const wrong = { ...(bad as (typeof good)[number]), document: { '@timestamp': 'no time at all secret-canary' } };
    await delivery.deliver([wrong, ...good], false);
    await expectThere('rejected', good);
    expect(rejected).toMatchObject([{ target: ACTIVITY, id: wrong.id, type: 'document_parsing_exception' }]);
    expect(rejected[0]?.reason).not.toContain('canary');
    expect(delivery.counts.rejected).toBe(1);
  });

  it('one that could not be handed over stops nothing that comes later', async () => {
    const { proxy } = begin();
    const client = new Client({ node: proxy.url, maxRetries: 0 });
    const failure = new Error('Kafka is away');
    const settings = elasticsearchSchema.parse({ node: proxy.url });
    const delivery = new Delivery({ client, settings, rejected: () => Promise.reject(failure) });
    onTestFinished(() => client.close());
    const [bad] = revisions('unhandled', 1);
    const wrong = { ...bad, document: { ...bad?.document, '@timestamp': 'never' } } as Deliverable;
    await expect(delivery.deliver([wrong], false)).rejects.toBe(failure);
    const items = revisions('handled', 3);
    await delivery.deliver(items, false);
    await expectThere('handled', items);
    delivery.stop();
  });

  it('stops at once, also while Elasticsearch is away', async () => {
    const { delivery, proxy } = begin();
    proxy.faults.push(...times(1_000, { kind: 'drop' }));
    const delivered = delivery.deliver(itemsOf('stopped'), false);
    await expect.poll(() => delivery.state.state).toBe('retrying');
    delivery.stop();
    await expect(delivered).rejects.toMatchObject({ name: 'AbortError' });
  });
});
