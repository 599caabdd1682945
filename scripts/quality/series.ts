import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { DAY } from '../../src/simulate/schedule.ts';

interface Row {
  readonly time: number;
  readonly value: number;
}

const FORMAT = `formats:
  - id: series
    dataset: series.count
    time: { field: time, unit: iso }
    action: action
    identities: { credential_id: series }
    rows: value
`;

/** A folder of count series (`timestamp,value` a line), as the Numenta Anomaly Benchmark has them: each is an agent that reads so many rows. */
export function isSeriesFolder(folder: string): boolean {
  return readdirSync(folder).includes('combined_windows.json');
}

/** Writes such a folder as logs, registry and labels; windows of `combined_windows.json` are the attacks. */
export function seriesAsWorld(folder: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const windows = JSON.parse(readFileSync(join(folder, 'combined_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  const files = globSync('**/*.csv', { cwd: folder }).sort();
  const names = files.map((file) => basename(file, '.csv').replaceAll('_', '-'));
  const rows = files.map((file) => rowsOf(readFileSync(join(folder, file), 'utf8')));
  const labels = files.flatMap((file, at) =>
    Object.entries(windows)
      .filter(([path]) => path.endsWith(basename(file)))
      .flatMap(([, spans]) => spans)
      .map(([start, end]) => ({
        class: 'series',
        strength: '',
        agent: names[at],
        credential: names[at],
        start: iso(start),
        end: iso(end),
        uses: 0,
      })),
  );
  const days = rows.map((own) => ((own.at(-1)?.time ?? 0) - (own[0]?.time ?? 0)) / DAY);
  const all = rows
    .flatMap((own, at) => own.map(({ time, value }) => ({ time, line: line(names[at] as string, time, value) })))
    .sort((a, b) => a.time - b.time);
  writeFileSync(join(to, 'wayward.yaml'), FORMAT);
  writeFileSync(join(to, 'series.ndjson'), all.map((one) => one.line).join(''));
  writeFileSync(join(to, 'credentials.yaml'), `credentials:\n${names.map(entry).join('')}`);
  const whole = {
    labels,
    benign: [],
    principals: names.length,
    days: days.reduce((sum, one) => sum + one, 0) / Math.max(1, names.length),
    attack_from: iso('1970-01-01 00:00:00'),
  };
  writeFileSync(join(to, 'labels.json'), JSON.stringify(whole));
}

const iso = (text: string): string => new Date(`${text.slice(0, 19).replace(' ', 'T')}Z`).toISOString();

const rowsOf = (csv: string): Row[] =>
  csv
    .split('\n')
    .slice(1)
    .map((text) => text.split(','))
    .filter(([time, value]) => time !== undefined && value !== undefined && value.trim() !== '')
    .map(([time = '', value]) => ({ time: Date.parse(iso(time)), value: Math.max(0, Math.round(Number(value))) }));

const line = (series: string, time: number, value: number): string =>
  `${JSON.stringify({ time: new Date(time).toISOString(), series, action: 'read', value })}\n`;

const entry = (name: string): string =>
  `  - { id: ${name}, agent: ${name}, slot: series, kind: api-key, owner: team@example.com, match: { credential_id: ${name} } }\n`;
