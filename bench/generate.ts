/**
 * Writes the benchmark's input: `node bench/generate.ts FILE [LINES]` makes nginx-JSON lines of about 450 bytes, one day of 500 agents,
 * and FILE.credentials.yaml, their registry. Steady, bursty, without attacks; the same for the same number of lines.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { geometric, type Random, seeded } from '../src/simulate/random.ts';
import { type RegistryEntry, registryYaml } from '../src/simulate/registry-file.ts';

const PRINCIPALS = 500;
const PER_GROUP = 10;
/** Runs that go on at the same time: the agents' calls are interleaved as in a real log. */
const CONCURRENT_RUNS = 48;
const CALLS_PER_RUN = 12;
const START = Date.UTC(2026, 10, 2);
const DAY = 86_400_000;
const FLUSH_BYTES = 1 << 20;

const REQUESTS = [
  ['GET', '/v1/orders/', 'fields=id,total,status'],
  ['GET', '/v1/customers/', 'fields=name,email,city'],
  ['POST', '/v1/tickets/', ''],
  ['GET', '/v1/products/', 'locale=de-DE'],
  ['PUT', '/v1/carts/', ''],
  ['GET', '/v1/shipments/', 'expand=carrier'],
] as const;

interface Run {
  agent: number;
  left: number;
  request: (typeof REQUESTS)[number];
  /** What all its lines begin their last part with. */
  tail: string;
}

const agentName = (index: number): string => `bench-${Math.floor(index / PER_GROUP)}-${index % PER_GROUP}`;
const credentialOf = (index: number): string => `cred-${agentName(index)}`;

/** Writes the log, a day from `from` on, and its registry; returns the log's size in bytes. */
export function generate(file: string, lines: number, from = START): number {
  writeFileSync(`${file}.credentials.yaml`, registryYaml('Simulated: the agents of the benchmark.', benchRegistry()));
  const output = openSync(file, 'w');
  let written = 0;
  let chunk = '';
  for (const text of benchLines(lines, from)) {
    chunk += text;
    if (chunk.length < FLUSH_BYTES) continue;
    written += writeSync(output, chunk);
    chunk = '';
  }
  written += writeSync(output, chunk);
  closeSync(output);
  return written;
}

/** So many lines, each with its line end, spread evenly over `span` milliseconds from `from` on; the same for the same arguments. */
export function* benchLines(lines: number, from = START, span = DAY): Generator<string> {
  const random = seeded(`bench ${lines}`);
  const runs = Array.from({ length: CONCURRENT_RUNS }, () => newRun(random));
  let time = from;
  for (let i = 0; i < lines; i += 1) {
    time += (span / lines) * 2 * random();
    const slot = Math.floor(random() * CONCURRENT_RUNS);
    const run = runs[slot] as Run;
    yield line(run, Math.floor(time), random);
    run.left -= 1;
    if (run.left === 0) runs[slot] = newRun(random);
  }
}

function newRun(random: Random): Run {
  const agent = Math.floor(random() * PRINCIPALS);
  const favourite = random() < 0.6 ? agent : Math.floor(random() * REQUESTS.length);
  const trace = `00-${hex8(random)}${hex8(random)}${hex8(random)}${hex8(random)}-`;
  return {
    agent,
    left: geometric(random, CALLS_PER_RUN),
    request: REQUESTS[favourite % REQUESTS.length] as Run['request'],
    tail: `,"user_agent":"bench-agent/1.${agent % 7}.0","trace_id":"${trace}`,
  };
}

function line(run: Run, time: number, random: Random): string {
  const [method, path, args] = run.request;
  const luck = random();
  const status = luck < 0.99 ? 200 : luck < 0.998 ? 503 : 403;
  const size = Math.floor(300 / (1 - random() * 0.98));
  const seconds = `0.${String(1 + Math.floor(random() * 90)).padStart(3, '0')}`;
  const ip = `10.${40 + Math.floor(run.agent / PER_GROUP)}.${run.agent % PER_GROUP}.17`;
  const id = `${hex8(random)}${hex8(random)}${hex8(random)}${hex8(random)}`;
  const at = new Date(time).toISOString().slice(0, 19);
  return `{"time":"${at}+00:00","msec":"${(time / 1000).toFixed(3)}","request_id":"${id}","remote_addr":"${ip}","credential":"${credentialOf(run.agent)}","method":"${method}","uri":"${path}${Math.floor(random() * 100_000)}","args":"${args}","status":${status},"body_bytes_sent":${size},"request_length":${210 + args.length},"request_time":${seconds},"upstream_response_time":"${seconds}"${run.tail}${hex8(random)}${hex8(random)}-01","session":"run-${run.agent}"}\n`;
}

const hex8 = (random: Random): string => ((random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0');

/** What the registry says of its agents. */
export const benchRegistry = (): RegistryEntry[] =>
  Array.from({ length: PRINCIPALS }, (_, index) => ({
    id: credentialOf(index),
    agent: agentName(index),
    peer_group: `bench-${Math.floor(index / PER_GROUP)}`,
    slot: 'gateway',
    kind: 'api-key',
    owner: 'team-bench@example.com',
    match: { credential_id: credentialOf(index) },
    issued_at: '2026-10-12T00:00:00Z',
  }));

if (import.meta.main) {
  const [file, lines = '1000000'] = process.argv.slice(2);
  if (file === undefined || !/^[1-9]\d*$/.test(lines)) {
    console.error('usage: node bench/generate.ts FILE [LINES]');
    process.exitCode = 2;
  } else {
    const bytes = generate(file, Number(lines));
    console.error(`${lines} lines of ${Math.round(bytes / Number(lines))} bytes, ${PRINCIPALS} agents`);
  }
}
