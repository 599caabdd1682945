import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMPILED } from '../compiled.ts';
import { PEAK_MIB } from '../peak-memory.ts';
import { watched } from '../servers/watched.ts';

const STATEMENT = new URL('../../src/formats/postgres-statement.ts', import.meta.url).href;
/** V8 compiles in the background: only when the process has ended is it certain that nothing more comes. */
const PARSE = `
import { setTimeout as sleep } from 'node:timers/promises';
const { postgresStatement } = await import(${JSON.stringify(STATEMENT)});
for (let at = 0; at < 1000; at++) postgresStatement('select a, b from t' + at + ' join u on u.id = t.id where x in (?)');
await sleep(1500);
console.log(peakMiB());
${PEAK_MIB}
`;

test('parsing PostgreSQL statements takes no more memory for a moment than it needs', async () => {
  const child = watched(
    spawn(process.execPath, ['--input-type=module', '--eval', PARSE], {
      env: { ...process.env, ...COMPILED },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let peakMiB = '';
  for await (const chunk of child.stdout) peakMiB += String(chunk);
  expect(Number(peakMiB)).toBeGreaterThan(0);
  expect(Number(peakMiB)).toBeLessThan(250);
});
