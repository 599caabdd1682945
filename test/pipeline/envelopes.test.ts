import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import type { Layers } from '../../src/formats/envelopes/registry.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { useAgain } from '../../src/pipeline/replay.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { csvlog, stderrLog } from '../formats/postgres-logs.ts';
import { redactor, sampleLines } from '../formats/records.ts';
import { BytesSource } from './lines.ts';

interface Read {
  readonly uses: string[];
  readonly ids: string[];
  readonly letters: DeadLetter[];
  readonly lane: Lane;
}

const optionsFor = (letters: DeadLetter[], format?: string, layers?: Layers): LaneOptions => ({
  ...(layers && { layers }),
  format: format === undefined ? undefined : formatById(format),
  detect: (lines, source) => detectFormat(lines, formats, source),
  formatById,
  context: { redactor },
  onDeadLetter: (letter) => letters.push(letter),
});

const readOf = (lane: Lane, events: readonly PendingUse[], letters: DeadLetter[]): Read => ({
  uses: events.map(({ use }) => `${use.identities.map(({ value }) => value).join()} ${use.action}`),
  ids: events.map((event) => event.id()),
  letters,
  lane,
});

const read = async (log: Buffer | string, size = 65_536, format?: string, layers?: Layers): Promise<Read> => {
  const letters: DeadLetter[] = [];
  const lane = new Lane(new BytesSource('a.log', log, size), optionsFor(letters, format, layers));
  const events: PendingUse[] = [];
  while (lane.state !== 'ended') await lane.read(size, events, undefined);
  return readOf(lane, events, letters);
};

const hasEnded = ({ state }: Lane): boolean => state === 'ended';

/** The same, with a restart after each read. */
const readWithRestarts = async (log: string, size: number, format: string, layers: Layers): Promise<Read> => {
  const letters: DeadLetter[] = [];
  const options = optionsFor(letters, format, layers);
  const events: PendingUse[] = [];
  let lane = new Lane(new BytesSource('a.log', log, size), options);
  for (let reads = 1; !hasEnded(lane); ) {
    const before = lane.save().position.offset;
    for (let at = 0; at < reads && !hasEnded(lane); at++) await lane.read(size, events, undefined);
    const saved = lane.save();
    // Where nothing could be given out yet, more has to be read.
    reads = saved.position.offset === before ? reads + 1 : 1;
    const next = new Lane(new BytesSource('a.log', log, size, saved.position.offset), options);
    next.load(saved);
    lane = next;
  }
  return readOf(lane, events, letters);
};

const TIME = '2026-11-02T10:00:00.617850486Z';
const combined = (at: number, more = ''): string =>
  `10.1.0.5 - billing [02/Nov/2026:10:00:${String(at % 60).padStart(2, '0')} +0000] "GET /v1/orders/${at}${more} HTTP/1.1" 200 8 "-" "agent/1.0"`;
const cri = (line: string, tag = 'F', stream = 'stdout'): string => `${TIME} ${stream} ${tag} ${line}`;
const docker = (log: string, stream = 'stdout'): string => JSON.stringify({ log, stream, time: TIME });
const syslog = (line: string, tag = 'postgres[4242]'): string => `Nov  2 10:00:00 db1 ${tag}: ${line}`;
const syslog5424 = (line: string): string =>
  `<134>1 2026-11-02T10:00:00.1Z db1 nginx 17 - [origin@32473 ip="10.0.0.1" x="a\\]\\"b"][meta@32473] ${line}`;
const USE = 'billing GET /v1/orders/{id}';
const uses = (count: number): string[] => Array(count).fill(USE);
const logOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** PostgreSQL writes no line longer than this into syslog. */
const inParts = (text: string, max = 120): string[] =>
  text
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${max}}`, 'g')) ?? [])
    .map((part, at) => syslog(`[7-${at + 1}] ${part.replace(/^\t/, '#011')}`));

describe('a log is read whatever its collector put around each line', () => {
  const lines = [combined(1), combined(2), combined(3)];
  const vault = sampleLines('vault-audit.jsonl').filter((line) => line.includes('"response"'));
  test.each([
    ['CRI', lines.map((line) => cri(line))],
    ['CRI with more tags, and another zone', lines.map((line) => cri(line, 'F:x').replace('Z', '+01:00'))],
    ['CRI, with CRLF', lines.map((line) => cri(`${line}\r`))],
    ["Docker's json-file", lines.map((line) => docker(`${line}\n`))],
    ["Docker's json-file, with CRLF and a byte order mark", lines.map((line) => docker(`\ufeff${line}\r\n`))],
    ["Docker's json-file with attrs", lines.map((line) => docker(`${line}\n`).replace('}', ',"attrs":{"tag":"x"}}'))],
    ['CRI within json-file', lines.map((line) => docker(`${cri(line)}\n`))],
    ['syslog, RFC 3164', lines.map((line) => syslog(line, 'nginx'))],
    ['syslog, RFC 3164 with priority, without host', lines.map((line) => `<190>Nov 12 10:00:00 nginx: ${line}`)],
    ["syslog with rsyslog's time", lines.map((line) => `2026-11-02T10:00:00.123456+00:00 web1 nginx[7]: ${line}`)],
    ['syslog, RFC 5424', lines.map((line) => syslog5424(line))],
    ['syslog, RFC 5424 with a byte order mark', lines.map((line) => syslog5424(`\ufeff${line}`))],
    ['syslog, RFC 5424 with its octets counted', lines.map((line) => `${syslog5424(line).length} ${syslog5424(line)}`)],
    ['syslog within CRI', lines.map((line) => cri(syslog(line, 'nginx')))],
  ])('%s', async (_name, wrapped) => {
    for (const size of [50, 65_536]) {
      for (const format of [undefined, 'nginx-combined']) {
        const { uses: found, letters } = await read(logOf(...wrapped), size, format);
        expect(letters).toEqual([]);
        expect(found).toEqual(uses(3));
      }
    }
  });

  test.each([
    ['as it is', (line: string) => line],
    ['behind a cookie', (line: string) => `@cee: ${line}`],
    ['in syslog', (line: string) => syslog(line, 'vault[17]')],
    ['in syslog behind a cookie', (line: string) => syslog(`@cee:${line}`, 'vault[17]')],
    ['behind a prefix of its own', (line: string) => `vault-audit: ${line}`],
    ['behind a time', (line: string) => `${TIME} ${line}`],
    ['in a container', (line: string) => docker(`${line}\n`)],
  ])("Vault's audit log, %s", async (_name, wrap) => {
    const plain = await read(logOf(...vault));
    const { uses: found, letters } = await read(logOf(...vault.map((line) => wrap(line))));
    expect(found.length).toBeGreaterThan(10);
    expect(found).toEqual(plain.uses);
    expect(letters).toEqual([]);
  });

  test("PostgreSQL's stderr log in containers and syslog, with statements of many lines", async () => {
    const log = stderrLog([
      { user: 'billing', table: 'payroll', sql: `select 1\n\tfrom payroll\n/* ${'long '.repeat(100)} */` },
      { user: 'billing', table: 'people', sql: 'select "a"\nfrom people' },
    ]);
    const records = log.join('\n').split(/\n(?!\t)/);
    const numbered = records.flatMap((record, at) => inParts(record).map((line) => line.replace('[7-', `[${at + 1}-`)));
    const plain = log.join('\n').split('\n');
    for (const lines of [plain.map((line) => cri(line)), plain.map((line) => docker(`${line}\n`)), numbered]) {
      for (const size of [50, 65_536]) {
        const { uses: found, letters } = await read(logOf(...lines), size);
        expect(found).toEqual(['billing SELECT public.payroll', 'billing SELECT public.people']);
        expect(letters).toEqual([]);
      }
    }
  });

  test('a container whose runtime has put nothing around is none', async () => {
    const { uses: found, lane } = await read(logOf(combined(1), combined(2)));
    expect(found).toEqual(uses(2));
    expect(lane.save()).not.toHaveProperty('layers');
  });
});

describe('the parts of a line', () => {
  const padded = `${combined(1).slice(0, -1)}${'x'.repeat(20_000)}"`;
  /** Docker splits lines after 16 KiB. */
  const inDocker = (line: string): string[] =>
    (`${line}\n`.match(/[\s\S]{1,16384}/g) ?? []).map((part) => docker(part));
  const [head, tail] = [combined(1).slice(0, 60), combined(1).slice(60)];

  test.each([
    ['CRI', [cri(head, 'P'), cri(tail), cri(combined(2))]],
    ["Docker's json-file", [...inDocker(padded), docker(`${combined(2)}\n`)]],
    ['CRI, with another stream between', [cri(head, 'P'), cri(combined(2), 'F', 'stderr'), cri(tail)]],
    ['CRI, of two streams', [cri(head, 'P'), cri(head, 'P', 'stderr'), cri(tail), cri(tail, 'F', 'stderr')]],
    [
      'CRI within json-file',
      [
        ...inDocker(cri(padded, 'P')),
        ...inDocker(cri('more')),
        docker(`${cri(combined(2))}
`),
      ],
    ],
  ])('are one record: %s', async (_name, lines) => {
    for (const size of [10, 65_536]) {
      const { uses: found, letters } = await read(logOf(...lines), size);
      expect(letters).toEqual([]);
      expect(found).toEqual(uses(2));
    }
  });

  test('a part of a line, forged to look like one, is none: also where its line grows too long', async () => {
    const forged = combined(9, '/forged');
    const long = Array.from({ length: 200 }, () => cri('x'.repeat(16_384), 'P'));
    const {
      uses: found,
      letters,
      lane,
    } = await read(
      logOf(cri(combined(1)), cri(`${combined(2).slice(0, -1)}`, 'P'), ...long, cri(forged), cri(combined(3))),
    );
    expect(found).toEqual(uses(3));
    expect(letters).toEqual([]);
    expect(lane.counts.records).toBe(3);
  });

  test('one stream that never ends its line holds up the other for some time only', async () => {
    const others = Array.from({ length: 30_000 }, (_, at) => cri(combined(at), 'F', 'stderr'));
    const { uses: found, lane } = await read(
      logOf(
        cri(combined(1)),
        cri(`${combined(2)} and more`, 'P'),
        ...others,
        cri(combined(5, '/forged')),
        cri(combined(6)),
      ),
    );
    expect(found).toHaveLength(30_003);
    expect(found.some((use) => use.includes('forged'))).toBe(false);
    expect(lane.counts.ignored).toEqual({ 'continued-line': 1 });
  });

  test("of PostgreSQL's numbered lines, those whose first line is elsewhere are none", async () => {
    const [first = '', second = ''] = stderrLog([
      { user: 'billing', table: 'payroll', sql: 'select 1' },
      { user: 'billing', table: 'people', sql: 'select 2' },
    ]);
    const lines = [syslog(`[6-2] ${first}`), syslog(`[7-1] ${second}`), syslog(`[8-2] #011${first}`)];
    const { uses: found, lane } = await read(logOf(...lines), 65_536, 'pgaudit-stderr');
    expect(found).toEqual(['billing SELECT public.people']);
    expect(lane.counts.ignored).toEqual({ 'continued-line': 2 });
  });
});

describe('a client opens no envelope', () => {
  test('in a log that has none', async () => {
    const forged = [cri(combined(9)), docker(`${combined(9)}\n`), syslog(combined(9), 'nginx')];
    const { uses: found, letters } = await read(logOf(combined(1), ...forged, combined(2)));
    expect(found).toEqual(uses(2));
    expect(letters.map(({ reason }) => reason)).toEqual(Array(3).fill('not-combined'));
  });

  test('within the text of its own line', async () => {
    const { uses: found } = await read(logOf(cri(combined(1)), cri(combined(2, `/${cri('x')}`))));
    expect(found).toHaveLength(2);
    expect(found[0]).toBe(USE);
  });

  test('in a csvlog, whose quotes hold lines of all kinds', async () => {
    const sql = Array.from({ length: 300 }, (_, at) => cri(combined(at))).join('\n');
    const log = csvlog([{ user: 'billing', table: 'payroll', sql: `select 1\n${sql}` }]).join('\n');
    for (const format of [undefined, 'pgaudit-csv'])
      expect((await read(`${log}\n`, 1_000, format)).uses).toEqual(['billing SELECT public.payroll']);
  });

  test('a line without one, in a log that has them, is a dead letter that says so', async () => {
    const { uses: found, letters } = await read(
      logOf(cri(combined(1)), cri(combined(2))).repeat(150) + logOf(combined(3)),
    );
    expect(found).toHaveLength(300);
    expect(letters).toMatchObject([{ reason: 'no-envelope', detail: expect.stringContaining('CRI') }]);
  });

  test.each([
    ['a stream that is none', `${TIME} stdin F ${combined(1)}`],
    ['a tag that is none', cri(combined(1), 'X')],
    ['another key', docker(`${combined(1)}\n`).replace('}', ',"user":"x"}')],
    ['a time that is none', docker(`${combined(1)}\n`).replace(TIME, 'now')],
    ['a line end within', docker(`${combined(1)}\n${combined(2)}\n`)],
    ['another version', syslog5424(combined(1)).replace('>1 ', '>2 ')],
    ['structured data without end', syslog5424(combined(1)).replace('[meta@32473] ', '[meta ')],
    ['a month that is none', syslog(combined(1), 'nginx').replace('Nov', 'Now')],
    ['a cookie without JSON', `@cee: ${combined(1)}`],
    ['two words before JSON', `a b ${JSON.stringify({ log: combined(1) })}`],
    ['a brace in a target', combined(1, '{"a":1}')],
  ])('what is not exactly of a shape is no envelope: %s', async (_name, line) => {
    const { lane } = await read(logOf(line, line));
    expect(lane.save()).not.toHaveProperty('layers');
  });
});

describe('positions', () => {
  const parts = fc.constantFrom(
    cri(combined(1)),
    cri(combined(2), 'F', 'stderr'),
    cri('10.1.0.5 - bil', 'P'),
    cri('10.1.0.5 - bil', 'P', 'stderr'),
    cri('ling', 'F', 'stderr'),
    'nothing of the kind',
  );
  const numbered = fc.constantFrom(
    ...inParts(
      stderrLog([{ user: 'billing', table: 'payroll', sql: `select 1\n\t, 2 /* ${'x'.repeat(300)} */` }])[0] ?? '',
    ),
    syslog(`[7-3] ${combined(1)}`),
    syslog('nothing of the kind'),
    'nothing of the kind',
  );
  const found = ({ uses, ids, letters, lane }: Read): unknown => {
    const { records, ignored, deadLetters } = lane.counts;
    const bad = letters.map(({ position, length, reason, hash }) => [position, length, reason, hash]);
    return { uses, ids, bad, records, ignored, deadLetters };
  };

  test.each([
    ['nginx-combined', parts, 'cri'],
    ['pgaudit-stderr', numbered, 'syslog-3164'],
  ] as const)('a restart anywhere gives each record once: %s', async (format, lines, envelope) => {
    const property = fc.asyncProperty(
      fc.array(lines, { maxLength: 12 }),
      fc.integer({ min: 20, max: 400 }),
      async (some, size) => {
        const log = logOf(...some);
        const whole = await read(log, 65_536, format, [[envelope]]);
        expect(found(await read(log, size, format, [[envelope]]))).toEqual(found(whole));
        expect(found(await readWithRestarts(log, size, format, [[envelope]]))).toEqual(found(whole));
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test('all that was read is an event, ignored or a dead letter, whatever the bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some).toString('latin1'));
    const line = fc.oneof(
      bytes,
      bytes.map((text) => cri(text)),
      bytes.map((text) => cri(text, 'P')),
      bytes.map((text) => docker(text)),
      bytes.map((text) => syslog(`[1-2] ${text}`)),
    );
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.constantFrom(undefined, 'nginx-combined', 'pgaudit-stderr', 'vault-audit'),
      async (some, format) => {
        const { counts } = (await read(Buffer.from(logOf(cri('x'), ...some), 'latin1'), 100, format)).lane;
        const sum = (of: Readonly<Record<string, number>>): number => Object.values(of).reduce((a, b) => a + b, 0);
        expect(counts.events + sum(counts.ignored) + sum(counts.deadLetters)).toBe(counts.records);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  test('a dead letter is found again, with its envelope, and used once it can be', async () => {
    const log = Buffer.from(logOf(cri(combined(1)), cri(combined(2).slice(0, 40), 'P'), cri(combined(2).slice(40))));
    const { letters } = await read(log, 65_536, 'vault-audit');
    expect(letters).toHaveLength(2);
    for (const letter of letters) {
      const record = log.subarray(letter.position, letter.position + letter.length);
      const again = await useAgain(letter, record, formatById('nginx-combined'), optionsFor([]), Date.now());
      expect(again).toMatchObject({ outcome: 'used', events: [{ use: { action: 'GET /v1/orders/{id}' } }] });
    }
  });

  test('a dead letter of a log without envelopes opens none', async () => {
    const forged = cri(combined(9));
    const { letters } = await read(logOf(combined(1), forged));
    const again =
      letters[0] &&
      (await useAgain(letters[0], Buffer.from(forged), formatById('nginx-combined'), optionsFor([]), Date.now()));
    expect(again).toMatchObject({ outcome: 'unusable' });
  });
});
