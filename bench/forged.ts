import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Alert } from '../src/alerts/alert.ts';
import { bareCredential } from '../src/attribution/credential.ts';
import { createRegistry } from '../src/attribution/registry.ts';
import { loadDetectors } from '../src/config/detector-files.ts';
import { createRedactor } from '../src/formats/redact.ts';
import { formatById } from '../src/formats/registry.ts';
import { Core } from '../src/pipeline/core.ts';
import { Lane } from '../src/pipeline/lane.ts';
import { Merge } from '../src/pipeline/merge.ts';
import type { Source } from '../src/sources/source.ts';

/** Of so many records the peak is what that of all is compared with. */
const FIRST = 100_000;
/** Records between two collections: garbage that the engine would have left for later says nothing of what is kept. */
const BETWEEN = 20_000;
const START = Date.UTC(2026, 9, 5);
const DAYS = 10;
const SPAN = DAYS * 86_400_000;
const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
/** Milliseconds between two calls of an agent. */
const EVERY = 300_000;
const LINES_OF_READ = 500;

const lineOf = (time: number, credential: string, uri: string, status: number, ip: string, client: string): string => {
  const msec = (time / 1_000).toFixed(3);
  return `{"time":"${new Date(time).toISOString().slice(0, 19)}+00:00","msec":"${msec}","remote_addr":"${ip}","credential":"${credential}","method":"GET","uri":"${uri}","args":"","status":${status},"body_bytes_sent":420,"user_agent":"${client}"}\n`;
};

/** Calls of real agents up to `to`; on the last day the first of them does what it never did, five hundred times. */
function* real(): Generator<readonly [time: number, line: string]> {
  for (let time = START; time < START + SPAN; time += EVERY) {
    for (const agent of AGENTS)
      yield [time, lineOf(time, agent, `/v1/orders/${time % 9_973}`, 200, '10.4.1.7', `${agent}/1.0`)];
    if (time !== START + (DAYS - 0.5) * 86_400_000) continue;
    for (let at = 0; at < 500; at++)
      yield [
        time + at * 50,
        lineOf(time + at * 50, AGENTS[0] as string, '/v1/admin/export', 200, '203.0.113.9', 'curl/8'),
      ];
  }
}

/** One distinct id, client, address and path after the other: a third of them is refused, the others are let in by a server that says so. */
const forged = (time: number, at: number): string =>
  lineOf(
    ...([time, `forged-${at}`, `/v1/area-${at}/thing-${at}`] as const),
    ...([
      at % 3 === 0 ? 401 : 200,
      `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`,
      `client-${at}/1.0`,
    ] as const),
  );

function* mixed(count: number): Generator<string> {
  const agents = real();
  let next = agents.next();
  for (let at = 0; at < count; at++) {
    const time = START + Math.floor((at * SPAN) / count);
    for (; !next.done && next.value[0] <= time; next = agents.next()) yield next.value[1];
    yield forged(time, at);
  }
  for (; !next.done; next = agents.next()) yield next.value[1];
}

const sourceOf = (lines: Iterator<string>): Source => ({
  name: 'forged.jsonl',
  startsAt: 0,
  read: async () => {
    let text = '';
    for (let at = 0; at < LINES_OF_READ; at++) {
      const { value, done } = lines.next();
      if (done) break;
      text += value;
    }
    return text === '' ? 'end' : Buffer.from(text);
  },
  problem: () => undefined,
  save: (offset) => ({ name: 'forged.jsonl', offset, identity: '' }),
  close: async () => {},
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use, in MB. */
const live = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_048_576;
};
const peak = (): number => process.resourceUsage().maxRSS / 1_024;

/** Alerts of real agents, and the peak of memory in MB after the first records and after all. */
const readAll = async (count: number) => {
  const registry = createRegistry(
    AGENTS.map((agent) =>
      bareCredential({
        id: agent,
        agent,
        peerGroup: agent,
        slot: 'gateway',
        kind: 'api-key',
        match: { credential_id: [agent] },
      }),
    ),
  );
  const detectors = loadDetectors('detectors').map(({ detector }) => detector);
  const latest = new Map<string, Alert>();
  const core = new Core(registry, detectors, (alert) => latest.set(alert.id, alert));
  const context = { redactor: createRedactor(Buffer.alloc(32, 1)), identity: 'from-key-map' as const };
  const lane = new Lane(sourceOf(mixed(count)), {
    format: formatById('nginx-json'),
    detect: () => undefined,
    formatById,
    context,
  });
  const merge = new Merge([lane]);
  const peaks: number[] = [];
  const kept: number[] = [];
  let collected = 0;
  for await (const batch of merge.batches()) {
    core.process(batch);
    if (merge.counts.records < collected + BETWEEN) continue;
    collected = merge.counts.records;
    const used = live();
    if (collected < (kept.length + 1) * FIRST) continue;
    kept.push(used);
    peaks.push(peak());
  }
  const alerts = [...latest.values()].filter(({ agent }) => agent !== undefined && AGENTS.includes(agent));
  const said = alerts.map(({ severity, principal, findings }) =>
    [severity, principal, ...findings.map(({ detector, reason }) => `${detector}: ${reason}`)].join('\n'),
  );
  return { said: said.sort(), peaks, kept, principals: core.engine.baselines.size, records: merge.counts.records };
};

const compared = (numbers: readonly number[]): string => {
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  return `${first.toFixed(0)} MB after ${FIRST}, ${last.toFixed(0)} MB after all: ${(last / first).toFixed(2)} times`;
};

/**
 * `npm run bench -- forged [--records 1000000]`: that many distinct ids, clients, addresses and paths, one record each, among three real agents. Memory may
 * not grow with them, and what is said of the real agents must be what is said of them without. Exit code 1 where the peak is more than 1.1 times
 * that after the first 100,000.
 */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { records: { type: 'string', default: '1000000' } } });
  const alone = await readAll(0);
  const { said, peaks, kept, principals, records } = await readAll(Number(values.records));
  const isSame = JSON.stringify(said) === JSON.stringify(alone.said);
  console.log(`${records} records, ${principals} principals known`);
  console.log(`peak of memory ${compared(peaks)}`);
  console.log(`in use ${compared(kept)}`);
  console.log(
    `${said.length} alerts of real agents, ${isSame ? 'the same as' : `other than the ${alone.said.length}`} without the forged records`,
  );
  if ((peaks.at(-1) ?? 0) > 1.1 * (peaks[0] ?? 0) || !isSame) process.exitCode = 1;
}
