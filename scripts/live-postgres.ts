import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantileSorted } from 'simple-statistics';
import { seeded } from '../src/simulate/random.ts';
import {
  alertsOf,
  canLogIn,
  connectAs,
  createAgents,
  createResponder,
  type LiveAgent,
  revocationOf,
  type Scene,
  startScene,
  steal,
  workAsUsual,
} from '../test/live/postgres-scenario.ts';
import { type PostgresServer, startPostgres } from '../test/servers/postgres.ts';

/**
 * From a line in the log of a real PostgreSQL to a role that can no longer log in, told step by step:
 * node scripts/live-postgres.ts [--runs 10]; each run is a theft by another agent.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '1' } } });
const runs = Number(values.runs);
if (!(Number.isSafeInteger(runs) && runs >= 1 && runs <= 100)) throw new RangeError('--runs is a number from 1 to 100');

const say = (text: string): void => console.log(text);
const since = (from: string, to: string): string => `+${Date.parse(to) - Date.parse(from)} ms`.padStart(9);

const folder = mkdtempSync(join(tmpdir(), 'wayward-live-'));
const server = await startPostgres();
try {
  say(
    `PostgreSQL with pgaudit on port ${server.port}; ${runs} billing agent${runs > 1 ? 's' : ''} with three weeks of history.`,
  );
  const agents = await createAgents(
    server,
    Array.from({ length: runs }, (_, index) => `billing-agent-${index + 1}`),
  );
  const response = { rules: [{ severity: 'medium', mode: 'auto' }], limits: { credentials: runs } };
  const scene = await startScene(folder, server, agents, await createResponder(server), response);
  try {
    const times: number[] = [];
    for (const agent of agents) times.push(await theft(server, scene, agent));
    times.sort((a, b) => a - b);
    const at = (share: number): string => `${Math.round(quantileSorted(times, share))} ms`;
    say(
      `\nFrom the offending log line to verified revocation, ${runs} runs: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}.`,
    );
  } finally {
    await scene.wayward.stop();
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}

/** Tells one theft; returns the milliseconds from the log line to the proof. */
async function theft(on: PostgresServer, scene: Scene, agent: LiveAgent): Promise<number> {
  const client = await connectAs(on, agent);
  say(`\n${agent.agent} works as usual …`);
  await workAsUsual(client, 20, seeded(agent.agent));
  const before = await alertsOf(scene.config, '--agent', agent.agent);
  say(
    `  alerts so far: ${before.length}. Now it reads public.payment_cards (5,000 rows), which it never touched, and copies it.`,
  );
  const ended = await steal(client, 200).then(
    () => 'goes on',
    ({ message }: Error) => message,
  );
  const { event, alert, called, done, total_ms } = await revocationOf(scene, agent);
  const [found] = await alertsOf(scene.config, '--agent', agent.agent, '--severity', 'medium');
  say(`  ${since(event, event)}  the log line that decided it, at ${event}`);
  say(`  ${since(event, alert)}  alert: ${found?.event.reason}`);
  say(`  ${since(event, called)}  Wayward calls PostgreSQL: ALTER ROLE ${agent.role} NOLOGIN, and ends its sessions`);
  say(`  ${since(event, done)}  verified: it may log in: ${await canLogIn(on, agent)}`);
  say(`             its session: ${ended}`);
  const refused = await connectAs(on, agent).then(
    () => 'it worked',
    ({ message, code }: Error & { code?: string }) => `${message} (${code})`,
  );
  say(`             a new login: ${refused}`);
  return total_ms;
}
