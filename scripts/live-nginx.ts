import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantileSorted } from 'simple-statistics';
import { seeded } from '../src/simulate/random.ts';
import { startNginxScene, steal, workAsUsual } from '../test/live/nginx-scenario.ts';
import { startNginxGateway } from '../test/revokers/nginx-gateway.ts';

/**
 * From a line in the log of a real nginx to a key that no worker of it takes any more:
 * node scripts/live-nginx.ts [--runs 20]; each run is a theft by another agent.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } });
const runs = Number(values.runs);
if (!(Number.isSafeInteger(runs) && runs >= 1 && runs <= 100)) throw new RangeError('--runs is a number from 1 to 100');

const ids = Array.from({ length: runs }, (_, index) => `cred-${index + 1}`);
const folder = mkdtempSync(join(tmpdir(), 'wayward-live-'));
const gateway = await startNginxGateway(ids);
try {
  const response = { rules: [{ severity: 'medium', mode: 'auto' }], limits: { credentials: runs } };
  const { wayward } = await startNginxScene(folder, gateway, ids, response);
  try {
    const times: number[] = [];
    for (const id of ids) {
      for (let call = 0; call < 20; call++) await workAsUsual(gateway, id, seeded(id));
      const isOut = await steal(gateway, id);
      const line = await wayward.line(({ credential, state }) => credential === id && state === 'verified');
      const { total_ms } = line.times as { total_ms: number };
      console.log(
        `${id}: ${total_ms} ms from the log line to the proof; its key is ${isOut ? 'refused' : 'still taken'}`,
      );
      times.push(total_ms);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string => `${Math.round(quantileSorted(times, share))} ms`;
    console.log(`${runs} runs: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}.`);
  } finally {
    await wayward.stop();
  }
} finally {
  await gateway.stop();
  rmSync(folder, { recursive: true });
}
