import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Render, renderLog } from '../../../src/simulate/line.ts';
import { type Random, seeded } from '../../../src/simulate/random.ts';
import { pgauditCsv, pgauditJson, pgauditStderr } from '../../../src/simulate/render-pgaudit.ts';
import type { SimulatedUse } from '../../../src/simulate/use.ts';
import { until } from './packets.ts';
import type { PostgresPlace } from './place.ts';
import { markOf } from './statements.ts';

/** The three forms in which PostgreSQL writes the same records. */
export const LOGS = {
  jsonlog: { file: 'json', render: pgauditJson, proves: true },
  csvlog: { file: 'csv', render: pgauditCsv, proves: true },
  stderr: { file: 'stderr', render: pgauditStderr, proves: false },
} as const satisfies Record<
  string,
  { file: keyof PostgresPlace['logs']; render: (random: Random) => Render; proves: boolean }
>;
export type LogName = keyof typeof LOGS;

export function writeHistory(file: string, uses: readonly SimulatedUse[], log: LogName): void {
  writeFileSync(file, `${renderLog(uses, LOGS[log].render(seeded('history'))).join('\n')}\n`);
}

/** Until all that was logged so far is in the files: the collector writes them when it comes to it. */
export async function settle({ server, logs }: PostgresPlace): Promise<void> {
  const mark = `settled ${process.hrtime.bigint()}`;
  await server.query(`SELECT id FROM invoices LIMIT 1 /* ${mark} */`);
  for (const file of Object.values(logs))
    await until('all records are in the log', () => readFileSync(file, 'utf8').includes(mark));
}

/** As if the log had been rotated just before each of these statements: a file that begins with its record and ends with its session, under both names. */
export function cutLog(
  place: PostgresPlace,
  attacks: readonly string[],
  folder: string,
): Map<string, readonly string[]> {
  const lines = readFileSync(place.logs.csv, 'utf8').split('\n');
  const find = (text: string, from: number): number => {
    const found = lines.findIndex((line, at) => at >= from && line.includes(text));
    if (found === -1) throw new Error(`the log has no line with "${text}"`);
    return found;
  };
  return new Map(
    attacks.map((attack, at) => {
      const start = find(markOf(attack), 0);
      const text = `${lines.slice(start, find('"disconnection: ', start) + 1).join('\n')}\n`;
      const own = join(folder, `fresh-${at}`);
      mkdirSync(own, { recursive: true });
      const files = ['pg.csv', 'pg.log'].map((name) => join(own, name));
      for (const file of files) writeFileSync(file, text);
      return [attack, files];
    }),
  );
}
