import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Format } from '../../src/formats/format.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import { Merge, type MergeOptions } from '../../src/pipeline/merge.ts';
import { PROOF } from '../../src/proof.ts';
import type { Source } from '../../src/sources/source.ts';
import { DAY, HOUR, MONDAY } from '../baselines/watched.ts';
import { coreOf, DAYS, END, EVENTS, SOURCES, shown } from './late-world.ts';
import { BytesSource } from './lines.ts';

/** A line is a use as JSON. Many lines of a burst are equal. */
const uses: Format = {
  ...{ id: 'uses', title: 'Uses', dataset: 'test.access', proof: 'all', framing: 'line' },
  detect: () => 1,
  parser: () => ({
    parse: (bytes, start, end) => ({ ...JSON.parse(bytes.toString('utf8', start, end)), proof: PROOF.keyMap }),
  }),
};

const options: LaneOptions = {
  format: uses,
  detect: () => uses,
  formatById: () => uses,
  context: { redactor: { clean: (text) => text, show: (text) => text, fingerprint: () => '' } },
};

const LINES = EVENTS.map((events) =>
  events.map(({ use }) => ({ time: use.time, text: `${JSON.stringify({ ...use, proof: undefined })}\n` })),
);

/** A file that is written as time goes on. */
class GrowingSource implements Source {
  readonly startsAt = 0;
  readonly name: string;
  #written = '';

  constructor(name: string) {
    this.name = name;
  }

  write(text: string): void {
    this.#written += text;
  }

  async read(): Promise<Buffer | 'caught-up'> {
    const bytes = Buffer.from(this.#written);
    this.#written = '';
    return bytes.length === 0 ? 'caught-up' : bytes;
  }

  problem(): undefined {
    return undefined;
  }

  save(offset: number): { name: string; offset: number; identity: string } {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {}
}

const mergeOf = (sources: readonly Source[], more: MergeOptions = {}): Merge =>
  new Merge(
    sources.map((source) => new Lane(source, options)),
    more,
  );

async function scanned(): Promise<Map<string, Alert>> {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  const sources = LINES.map((lines, at) => new BytesSource(SOURCES[at] ?? '', lines.map(({ text }) => text).join('')));
  for await (const batch of mergeOf(sources).batches()) core.process(batch);
  core.advance(END + DAY);
  return alerts;
}

const STEP = 6 * HOUR;

interface Outage {
  readonly from: number;
  readonly until: number;
}

/** As `run` sees it: every six hours each file that is not held back gets its lines; between two of them all is read. */
async function watched(
  outages: readonly (Outage | undefined)[],
): Promise<{ alerts: Map<string, Alert>; behind: number }> {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  const sources = SOURCES.map((name) => new GrowingSource(name));
  const at = SOURCES.map(() => 0);
  const stop = new AbortController();
  const merge = mergeOf(sources, { live: true, settle: STEP + HOUR, signal: stop.signal });
  let now = MONDAY;
  for await (const batch of merge.batches()) {
    core.process(batch);
    if (batch.length > 0) continue;
    now += STEP;
    vi.setSystemTime(now);
    if (now > END + 2 * DAY) stop.abort();
    for (const [source, lines] of LINES.entries()) {
      const outage = outages[source];
      if (outage !== undefined && now >= outage.from && now < outage.until) continue;
      const begin = at[source] ?? 0;
      const end = lines.findIndex(({ time }, index) => index >= begin && time >= now);
      at[source] = end < 0 ? lines.length : end;
      sources[source]?.write(
        lines
          .slice(begin, at[source])
          .map(({ text }) => text)
          .join(''),
      );
    }
  }
  core.advance(END + DAY);
  return { alerts, behind: merge.counts.behind };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: MONDAY });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['none', []],
  ['one for a day', [undefined, { from: MONDAY + 8 * DAY, until: MONDAY + 9 * DAY }]],
  [
    'two for days, in turn',
    [{ from: MONDAY + 7 * DAY, until: MONDAY + 10 * DAY }, undefined, { from: MONDAY + 9 * DAY, until: END }],
  ],
  ['all at once', SOURCES.map(() => ({ from: MONDAY + 7 * DAY, until: END + DAY }))],
  ['one from its first line on', [{ from: MONDAY, until: MONDAY + DAYS * DAY }]],
] as const)('files that come late give the alerts of scan: %s', async (which, outages) => {
  const { alerts, behind } = await watched(outages);
  expect(shown(alerts)).toEqual(shown(await scanned()));
  expect(behind > 0).toBe(which !== 'none');
  const late = [...alerts.values()].filter(({ lateMs }) => lateMs !== undefined);
  expect(late.length > 0).toBe(which !== 'none');
});
