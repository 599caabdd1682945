import { describe, expect, test } from 'vitest';
import { SHAPES } from '../../src/event.ts';
import { toEcs } from '../../src/event-ecs.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { PendingUse } from '../../src/pipeline/ordered.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { csvlog, type Statement, stderrLog } from '../formats/postgres-logs.ts';
import { redactor, sampleLines } from '../formats/records.ts';
import { BytesSource } from './lines.ts';

interface Read {
  readonly events: PendingUse[];
  readonly letters: DeadLetter[];
  readonly lane: Lane;
}

const read = async (log: Buffer | string, size = 65_536, format?: string): Promise<Read> => {
  const letters: DeadLetter[] = [];
  const lane = new Lane(new BytesSource('a.log', log, size), {
    format: format === undefined ? undefined : formatById(format),
    detect: (lines, source) => detectFormat(lines, formats, source),
    formatById,
    context: { redactor },
    onDeadLetter: (letter) => letters.push(letter),
  });
  const events: PendingUse[] = [];
  while (lane.state !== 'ended') await lane.read(size, events, undefined);
  return { events, letters, lane };
};

const flawsOf = (events: readonly PendingUse[]): unknown[] =>
  events.map((event) => {
    const { wayward } = toEcs(event.use, event.id()) as { wayward: { decoded?: string; truncated?: boolean } };
    return [event.use.action, wayward.decoded, wayward.truncated];
  });

/** U+00FF as one byte, as a client or a LATIN1 database writes it. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const statement = (sql: string, table = 'payroll'): Statement => ({ user: 'billing', table, sql });
const nginx = (more: string): string =>
  `{"msec":"1767225600.000","remote_addr":"10.0.0.1","credential":"billing","method":"GET","uri":"/v1/orders/7","args":"","status":200,"body_bytes_sent":10${more}}`;
const jsonlog = (message: string): string =>
  `{"timestamp":"2026-11-23 12:01:57.883 UTC","user":"billing","dbname":"shop","session_id":"6b042b35.44fe","error_severity":"LOG","message":${JSON.stringify(message)},"application_name":"app","backend_type":"client backend"}`;
const audit = (sql: string): string => `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.payroll,"${sql}",<not logged>`;
const vault =
  sampleLines('vault-audit.jsonl').find((line) => /"type":"response"/.test(line) && /entity_id/.test(line)) ?? '';

describe('a record with bytes that are no UTF-8 is the use that it is', () => {
  test.each([
    ['nginx-json', nginx(',"user_agent":"x\u00ff"'), 'GET /v1/orders/{id}'],
    [
      'nginx-combined',
      '10.0.0.1 - - [02/Nov/2026:10:00:00 +0000] "GET /v1/\u00ff HTTP/1.1" 200 8 "-" "x\u00ff"',
      'GET /v1/\ufffd',
    ],
    ['pgaudit-json', jsonlog(audit("select '\u00ff'")), 'SELECT public.payroll'],
    ['pgaudit-csv', csvlog([statement("select '\u00ff'")]).join('\n'), 'SELECT public.payroll'],
    ['pgaudit-stderr', stderrLog([statement("select '\u00ff'")]).join('\n'), 'SELECT public.payroll'],
    ['vault-audit', vault.replace('"remote_address"', '"x":"\u00ff","remote_address"'), undefined],
  ])('%s', async (format, log, action) => {
    for (const size of [7, 65_536]) {
      const { events, letters } = await read(latin1(`${log}\n`), size, format);
      expect(letters).toEqual([]);
      expect(flawsOf(events)).toEqual([[action ?? expect.any(String), 'lossy', undefined]]);
    }
  });

  test.each([
    ['nginx-combined', '10.0.0.1 - - [02/Nov/2026:10:00:00 +0000] "GET /v1/orders/7 HTTP/1.1" 200 8 "-" "x\\xFF"'],
    ['nginx-json', nginx(',"user_agent":"x\\xC3"')],
  ])('also where an escape says so: %s', async (format, log) => {
    const { events, letters } = await read(`${log}\n`, 65_536, format);
    expect(letters).toEqual([]);
    expect(flawsOf(events)).toEqual([[expect.stringMatching('^GET /v1/orders'), 'lossy', undefined]]);
  });

  test('and says nothing of it where all is text', async () => {
    const { events } = await read(`${nginx(',"user_agent":"Ünïcode 漢字 \ufffd"')}\n`);
    expect(flawsOf(events)).toEqual([['GET /v1/orders/{id}', undefined, undefined]]);
  });

  test('its id tells bytes apart that read alike', async () => {
    const { events } = await read(latin1(`${nginx(',"user_agent":"x\u00ff"')}\n${nginx(',"user_agent":"x\u00fe"')}\n`));
    expect(new Set(events.map((event) => event.id())).size).toBe(2);
  });

  test('what nobody can read has the reason of its format', async () => {
    const { events, letters } = await read(latin1(`${nginx('')}\n{"x":"\u00ff\n`));
    expect(events).toHaveLength(1);
    expect(letters).toMatchObject([{ reason: 'invalid-json' }]);
  });
});

const LONG = 'x'.repeat(1_200_000);
describe('a record that is too long is the use that its beginning names', () => {
  const TOO_LONG = [
    ['pgaudit-csv', csvlog([statement(`select 1 /* ${LONG} */`)]).join('\n')],
    ['pgaudit-csv', csvlog([statement(`select "a", 'b' /* ${'"x'.repeat(600_000)}\n2026 */`)]).join('\n')],
    ['pgaudit-json', jsonlog(audit(`select 1 /* ${LONG} */`))],
    ['pgaudit-json', jsonlog(audit(`select '${'é"\\'.repeat(300_000)}'`))],
    ['pgaudit-stderr', stderrLog([statement(`select 1 /* ${LONG} */`)]).join('\n')],
    ['pgaudit-stderr', stderrLog([statement(`select 1 /* ${'x\n'.repeat(600_000)} */`)]).join('\n')],
    ['nginx-json', nginx(`,"user_agent":"${LONG}"`)],
    ['nginx-combined', `10.0.0.1 - - [02/Nov/2026:10:00:00 +0000] "GET /v1/orders/7 HTTP/1.1" 200 8 "-" "${LONG}"`],
  ] as const;

  test.each(TOO_LONG)('%s', async (format, log) => {
    const ids = new Set<string>();
    for (const size of [10_000, 262_144, 5_000_000]) {
      for (const named of [undefined, format]) {
        const { events, letters, lane } = await read(`${log}\n`, size, named);
        expect(letters).toEqual([]);
        expect(flawsOf(events)).toEqual([[expect.stringMatching(/^(?:SELECT public.payroll|GET )/), undefined, true]]);
        expect(lane.counts.records).toBe(1);
        for (const event of events) ids.add(event.id());
      }
    }
    expect(ids.size).toBe(1);
  });

  test("of Vault's, whose keys are sorted, also where the data stand before the path", async () => {
    const data = Array.from({ length: 20_000 }, (_, at) => `"key-${at}":"hmac-sha256:${'0'.repeat(64)}"`).join();
    const long = vault
      .replace('"request":{', `"request":{"data":{${data}},`)
      .replace(/"data":\{"[^{}]*\},(?="headers")/, '');
    const [plain, padded] = [await read(`${vault}\n`), await read(`${vault}\n${long}\n`)];
    expect(long.length).toBeGreaterThan(1_048_576);
    expect(padded.letters).toEqual([]);
    const [before, after] = padded.events.map(({ use }) => use);
    expect(after).toEqual({ ...before, truncated: true });
    expect(before).toEqual(plain.events[0]?.use);
  });

  test('what stands behind a long text is seen, too: a function that raises it is not pgaudit', async () => {
    const raised = jsonlog(audit(`select 1 /* ${LONG} */`)).replace(
      '"application_name"',
      '"context":"PL/pgSQL","application_name"',
    );
    const { events, lane } = await read(`${jsonlog(audit('select 1'))}\n${raised}\n`);
    expect(events).toHaveLength(1);
    expect(lane.counts.ignored).toEqual({ 'raised-message': 1 });
  });

  test('so it is in csvlog', async () => {
    const [padded = '', raised = ''] = csvlog([
      statement(`select "a" /* ${'"x'.repeat(600_000)} */`),
      statement(`select "a" /* ${',"'.repeat(600_000)} */`),
    ]);
    // Five columns behind the message stands where a function was.
    const log = `${padded}\n${raised.replace(/",{9}"app"/, '",,,,,"PL/pgSQL function f()",,,,"app"')}\n`;
    const { events, lane, letters } = await read(log);
    expect(letters).toEqual([]);
    expect(events.map(({ use }) => [use.action, use.client, use.truncated])).toEqual([
      ['SELECT public.payroll', 'app', true],
    ]);
    expect(lane.counts.ignored).toEqual({ 'raised-message': 1 });
  });

  test('two relations of one statement are one use', async () => {
    const sql = `select 1 /* ${LONG} */`;
    const lines = ['payroll', 'people'].map((table) => jsonlog(audit(sql).replace('payroll', table)));
    const { events } = await read(`${lines.join('\n')}\n`);
    expect(events.map(({ use }) => [use.action, use.uses])).toEqual([
      ['SELECT public.payroll', 1],
      ['SELECT public.people', 0],
    ]);
  });

  describe('the rows that stand at its end count', () => {
    const FORGED = [
      `select 1 /* ${LONG} */`,
      `/* ${LONG} */ select ',99",,,,,,,,,"app","client backend",,0',99","application_name":"app","backend_type":"client backend"} -- ,99`,
      `/* ${LONG} */ select "a",<not logged>,99\n`,
    ];
    const rowsOf = async (log: string): Promise<number[]> => (await read(log)).events.map(({ use }) => use.rows);

    test.each(FORGED)('%$', async (sql) => {
      const quoted = sql.replaceAll('"', '""');
      expect(await rowsOf(`${csvlog([statement(sql)]).join('\n')}\n`)).toEqual([1]);
      expect(await rowsOf(`${stderrLog([statement(sql)]).join('\n')}\n`)).toEqual([1]);
      expect(await rowsOf(`${jsonlog(`${audit(quoted)},15000`)}\n`)).toEqual([15_000]);
    });

    test.each(FORGED)('and without log_rows nothing does: %$', async (sql) => {
      const quoted = sql.replaceAll('"', '""');
      const [inCsv = ''] = csvlog([statement(sql)]);
      expect(await rowsOf(`${inCsv.replace('<not logged>,1",,', '<not logged>",,')}\n`)).toEqual([0]);
      const [inStderr = ''] = stderrLog([statement(sql)]);
      expect(await rowsOf(`${inStderr.slice(0, -2)}\n`)).toEqual([0]);
      expect(await rowsOf(`${jsonlog(audit(quoted))}\n`)).toEqual([0]);
    });

    test('also where the place in the code follows, and not where a client writes so', async () => {
      const place =
        '2026-11-02 10:00:00.100 UTC [4242] [user=billing,db=shop,app=app,client=10.1.0.5,session=6b0c8090.1] LOCATION:  x';
      const [line = ''] = stderrLog([statement(FORGED[0] ?? '')]);
      expect(await rowsOf(`${line}\n${place}\n`)).toEqual([1]);
      const [forged = ''] = stderrLog([statement(`select 1 /* ${LONG} ,99\n${place}`)]);
      expect(await rowsOf(`${forged.slice(0, -2)}\n`)).toEqual([0]);
    });

    test('whatever the application calls itself', async () => {
      const [line = ''] = csvlog([statement(FORGED[0] ?? '')]);
      const name = 'x,99",,,,,,,,,"'.replaceAll('"', '""');
      expect(await rowsOf(`${line.replace('"app"', `"${name}"`)}\n`)).toEqual([1]);
      const inJson = JSON.stringify('x,99","backend_type":"y"}');
      const long = jsonlog(`${audit(FORGED[0] ?? '')},15000`).replace('"app"', inJson);
      expect(await rowsOf(`${long}\n`)).toEqual([15_000]);
    });
  });

  test('what its beginning does not hold makes it a dead letter, which says so', async () => {
    const uriFirst = `{"uri":"/${LONG}",${nginx('').slice(1)}`;
    const { events, letters } = await read(`${nginx('')}\n${uriFirst.replace('"status":200', '')}\n[${LONG}]\n`);
    expect(events).toHaveLength(1);
    expect(letters).toMatchObject([
      { reason: 'too-long', detail: expect.stringContaining('16 KiB') },
      { reason: 'too-long', length: LONG.length + 2 },
    ]);
  });

  test('a piece of a record of csvlog is never read as one', async () => {
    const [record = ''] = csvlog([statement('select 1')]);
    const forged = `"${record}${LONG}`;
    const { events, letters } = await read(`${record}\n${record},"x"y${LONG}\n${forged}\n`, 65_536, 'pgaudit-csv');
    expect(events).toHaveLength(1);
    expect(letters).toMatchObject([{ reason: 'too-long' }]);
  });

  test('a time that nothing comes near is a dead letter all the same', async () => {
    const lines = [nginx(''), nginx(`,"user_agent":"${LONG}"`).replace('1767225600', '3467225600'), nginx('')];
    const { events, letters } = await read(`${lines.join('\n')}\n`);
    expect(events).toHaveLength(2);
    expect(letters).toMatchObject([{ reason: 'timestamp-not-reached', length: lines[1]?.length }]);
  });
});

test('the messages on Kafka say how an event was read, also of several', () => {
  const { use } = PendingUse.load({
    use: {
      ...{ time: 1, format: 'f', dataset: 'd', action: 'a', result: 'success', identities: [], uses: 1, bytes: 0 },
      ...{ rows: 0, leaks: [], sourceIp: undefined, client: undefined, status: undefined, method: undefined },
      ...{ path: undefined, statement: undefined, service: undefined, traceId: undefined, session: undefined },
    },
    ...{ orderTime: 1, late: false, id: 'id' },
  });
  const shaped = SHAPES.map((shape) => ({ ...use, shape }));
  const uses = [use, { ...use, lossy: true as const }, { ...use, truncated: true as const }, ...shaped];
  const events = uses.map((one) => PendingUse.of(one, 1, false, 'id'));
  const rest = { from: 'a/0', of: {}, watermark: 1, high: 1, live: true, closings: [] };
  const message = decodeEvents(Buffer.from(encodeEvents({ ...rest, events })));
  expect(message.events.map((event) => event.use)).toEqual(uses);
  expect(decodeEvents(Buffer.from(encodeEvents({ ...rest, events: [] })))).toEqual({ ...rest, v: 2, events: [] });
});
