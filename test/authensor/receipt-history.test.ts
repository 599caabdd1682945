import { beforeEach, expect, test } from 'vitest';
import { ReceiptHistory } from '../../src/authensor/receipt-history.ts';
import { ReceiptList } from '../../src/authensor/receipt-list.ts';
import type { DocumentPlace } from '../../src/sources/documents.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { type ListedReceipt, startFakeAuthensor } from '../servers/fake-authensor.ts';
import { describeWith } from '../servers/require-server.ts';

const START = Date.UTC(2025, 2, 1);
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const receipt = (n: number, second = n): ListedReceipt => ({
  ...{ id: id(n), timestamp: new Date(START + second * 1_000).toISOString() },
});
const some = (from: number, to: number, second?: number): ListedReceipt[] =>
  Array.from({ length: to - from }, (_, index) => receipt(from + index, second));
const idsOf = (all: readonly { id: string }[]) => all.map((one) => one.id);

describeWith("a list of Authensor's receipts (a fake)", startFakeAuthensor, (fake) => {
  let waits: number[] = [];
  let onWait = () => {};
  const stop = { of: new AbortController() };

  beforeEach(() => {
    fake().answer(undefined);
    fake().limit(100_000);
    fake().forgetReceipts();
    fake().beforeReceipts(() => {});
    fake().ofOneTime('kept');
    waits = [];
    onWait = () => {};
    stop.of = new AbortController();
  });

  async function open(from?: DocumentPlace, token = fake().newKey('admin').token) {
    const patience = {
      signal: stop.of.signal,
      wait: async (milliseconds: number) => {
        waits.push(milliseconds);
        onWait();
      },
    };
    const list = new ReceiptList({ url: fake().url, key: await secretOf(token) }, patience);
    return new ReceiptHistory(list, patience, from);
  }

  /** Ids in the order in which they came; pages with nothing are left out. */
  async function read(history: ReceiptHistory): Promise<string[][]> {
    const pages: string[][] = [];
    for (let page = await history.next(); page !== undefined; page = await history.next())
      if (page.documents.length > 0) pages.push(idsOf(page.documents));
    return pages;
  }

  const failure = async (from?: DocumentPlace, token?: string): Promise<Error> => {
    const error = await read(await open(from, token)).then(
      () => new Error('did not fail'),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).not.toContain('canary');
    return error;
  };

  test.each([0, 1, 2, 199, 200, 201, 399, 400, 1_234])(
    'of %i receipts each comes once, oldest first, a page at a time',
    async (count) => {
      fake().keepReceipts(some(0, count).toReversed());
      const pages = await read(await open());
      expect(pages.flat()).toEqual(idsOf(some(0, count)));
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(200);
    },
  );

  test('a receipt comes whole, with its time as Authensor writes it', async () => {
    fake().keepReceipts([{ ...receipt(1), envelope: { action: { type: 'x' } } } as ListedReceipt]);
    const [document] = (await (await open()).next())?.documents ?? [];
    expect(document).toMatchObject({ id: id(1), at: receipt(1).timestamp });
    expect(JSON.parse(document?.text ?? '')).toMatchObject({ ...receipt(1), envelope: { action: { type: 'x' } } });
  });

  test.each([0, 1, 199, 200, 500, 998, 999])('goes on behind receipt %i', async (n) => {
    fake().keepReceipts(some(0, 1_000));
    const pages = await read(await open({ at: receipt(n).timestamp, ids: [id(n)] }));
    expect(pages.flat()).toEqual(idsOf(some(n + 1, 1_000)));
  });

  test('a place asks for little: what is older is not read again', async () => {
    fake().keepReceipts(some(0, 5_000));
    const before = fake().calls.length;
    await read(await open({ at: receipt(4_990).timestamp, ids: [id(4_990)] }));
    expect(fake().calls.length - before).toBeLessThan(15);
  });

  test.each(['kept', 'changing'] as const)(
    'of one time come all, by id, and behind a place those that it does not name (their order is %s)',
    async (order) => {
      fake().ofOneTime(order);
      fake().keepReceipts([
        ...[...some(0, 150), ...some(150, 280, 150).toReversed(), ...some(280, 400, 300)],
        ...some(400, 600),
      ]);
      expect((await read(await open())).flat()).toEqual(idsOf(some(0, 600)));
      const used = idsOf(some(150, 200));
      const more = await read(await open({ at: receipt(150).timestamp, ids: used }));
      expect(more.flat()).toEqual(idsOf(some(200, 600)));
    },
  );

  test('more of one time than a page has come once each, too', async () => {
    fake().keepReceipts([...some(0, 10), ...some(10, 700, 10), ...some(700, 720)]);
    const found = (await read(await open())).flat();
    expect(found.toSorted()).toEqual(idsOf(some(0, 720)));
  });

  test.each([1, 50, 150])(
    'while %i come with each request, nothing is lost or comes twice; it ends, and the next read has the rest',
    async (each) => {
      fake().keepReceipts(some(0, 900));
      let made = 900;
      fake().beforeReceipts(() => {
        fake().keepReceipts(some(made, made + each));
        made += each;
      });
      const first = (await read(await open())).flat();
      expect(first).toEqual(idsOf(some(0, first.length)));
      expect(first.length).toBe(900 + each);
      fake().beforeReceipts(() => {});
      const last = first.length - 1;
      const rest = await read(await open({ at: receipt(last).timestamp, ids: [id(last)] }));
      expect(rest.flat()).toEqual(idsOf(some(first.length, made)));
    },
  );

  test('receipts that are taken away meanwhile take no others with them', async () => {
    fake().keepReceipts(some(0, 1_000));
    const history = await open();
    const first = await history.next();
    fake().forgetReceipts((one) => one.id >= id(600) && one.id < id(900));
    const rest = (await read(history)).flat();
    expect([...idsOf(first?.documents ?? []), ...rest]).toEqual([...idsOf(some(0, 600)), ...idsOf(some(900, 1_000))]);
  });

  test('a place whose receipts are gone is none to wait for', async () => {
    fake().keepReceipts(some(500, 800));
    expect((await read(await open({ at: receipt(100).timestamp, ids: [id(100)] }))).flat()).toEqual(
      idsOf(some(500, 800)),
    );
    expect(await read(await open({ at: receipt(900).timestamp, ids: [id(900)] }))).toEqual([]);
  });

  test('what was made just now is waited for: an earlier one may be kept a moment later', async () => {
    const now = Date.now();
    fake().keepReceipts([{ id: id(2), timestamp: new Date(now).toISOString() }]);
    onWait = () => fake().keepReceipts([{ id: id(1), timestamp: new Date(now - 5).toISOString() }]);
    expect((await read(await open())).flat()).toEqual([id(1), id(2)]);
    expect(waits).toEqual([2_000]);
  });

  test('pages that are too long are asked for again with fewer receipts', async () => {
    const long = 'x'.repeat(400_000);
    fake().keepReceipts(some(0, 230).map((one) => ({ ...one, long })));
    expect((await read(await open())).flat()).toEqual(idsOf(some(0, 230)));
    expect(fake().calls.at(-1)).toMatch(/^GET \/receipts\?limit=\d+&offset=0$/);
  });

  test('beyond the limit on requests it waits as long as Authensor says, and goes on', async () => {
    fake().keepReceipts(some(0, 1_000));
    fake().limit(4);
    onWait = () => fake().limit(4);
    expect((await read(await open())).flat()).toEqual(idsOf(some(0, 1_000)));
    expect(new Set(waits)).toEqual(new Set([41_000]));
  });

  test('a control plane that is back in time was never away; one that is not is said to be', async () => {
    fake().keepReceipts(some(0, 3));
    fake().answer(502, 'Bad gateway');
    onWait = () => waits.length === 3 && fake().answer(undefined);
    expect((await read(await open())).flat()).toEqual(idsOf(some(0, 3)));
    expect(waits).toEqual([1_000, 2_000, 4_000]);

    fake().answer(502, 'Bad gateway');
    onWait = () => {};
    const error = await failure();
    expect([error.name, error.message]).toEqual([
      'ServerUnavailableError',
      `--authensor ${fake().url}: Authensor answers 502 without an error of its own, 6 times`,
    ]);
  });

  test('a signal ends the wait and the history', async () => {
    fake().keepReceipts(some(0, 3));
    fake().limit(0);
    onWait = () => stop.of.abort();
    expect(await read(await open())).toEqual([]);
    expect(waits).toHaveLength(1);
  });

  test('says which key it needs, and tries no wrong one again', async () => {
    fake().keepReceipts(some(0, 3));
    const key = fake().newKey('admin');
    fake().revoke(key.id);
    for (const [token, says] of [
      [fake().newKey('executor').token, 'may not list receipts (403); authensor.key needs the role admin'],
      [fake().newKey('ingest').token, 'may not list receipts (403); authensor.key needs the role admin'],
      [key.token, 'does not take the key (401); check authensor.key'],
      ['authensor_canary_of_nobody', 'does not take the key (401); check authensor.key'],
    ] as const) {
      const error = await failure(undefined, token);
      expect([error.name, error.message]).toEqual(['ServerUnavailableError', expect.stringContaining(says)]);
    }
    expect(waits).toEqual([]);
  });

  test.each([
    [404, '404 Not Found', 'UsageError', 'there is no list of receipts (404); check authensor.url'],
    [302, '', 'ServerUnavailableError', 'Authensor answers 302'],
    [503, '{"error":{"code":"BOOTSTRAP_REQUIRED"}}', 'ServerUnavailableError', 'has no keys yet (503); make one there'],
    [200, '<html>', 'UsageError', "not Authensor's list of receipts; check authensor.url"],
    [200, '{"receipts":{}}', 'UsageError', "not Authensor's list of receipts"],
    [200, '{"receipts":[{"id":"1","timestamp":"yesterday"}]}', 'UsageError', "not Authensor's list of receipts"],
    [200, '{"receipts":[{"timestamp":"2025-03-01T00:00:00Z"}]}', 'UsageError', "not Authensor's list of receipts"],
  ])('%i %s is told once, with what to do', async (status, body, name, says) => {
    fake().answer(status, body);
    const error = await failure();
    expect([error.name, error.message]).toEqual([name, expect.stringContaining(`--authensor ${fake().url}: `)]);
    expect(error.message).toContain(says);
    expect(waits).toEqual([]);
  });

  test('a list that never ends, since something drops the offset, is told of', async () => {
    fake().answer(200, JSON.stringify({ receipts: [receipt(1)] }));
    expect((await failure()).message).toContain('has no end; does something on the way drop ?offset=');
  });
});
