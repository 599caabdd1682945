import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { median } from 'simple-statistics';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { alertsSaid } from '../../test/chaos/outcome.ts';
import { EVENTS, names } from '../../test/kafka/names.ts';
import { NODE_FLAGS } from '../../test/live/wayward.ts';
import type { Kafka as Broker } from '../../test/servers/kafka.ts';
import { benchRegistry, generate } from '../generate.ts';
import { Progress } from './progress.ts';
import { type BenchedWayward, RAW, Streams, startBroker } from './streams.ts';

/** `npm run bench -- kafka [--lines 1000000] [--runs 3]`: events a second, and processor time of each, from raw records on Kafka to alerts. */
export interface ThroughputOptions {
  readonly lines: number;
  readonly runs: number;
}

/** One way through all records. */
interface Way {
  readonly milliseconds: number;
  /** Processor time of all its threads, from the same moment on. */
  readonly cpuMilliseconds: number;
  /** Alerts that came of it; the relay has none. */
  readonly alerts?: number;
}

export interface ThroughputRun {
  readonly scan: Way;
  readonly consume: Way;
  readonly relay: Way;
  readonly one: Way;
  readonly two: Way;
  /** What one event takes on the disk of Kafka. */
  readonly eventBytes: number;
}

const RAW_PARTITIONS = 4;
const EVENTS_PARTITIONS = 12;
/** Of the processor time of an event: that of `scan`, and how much more two processes may need. */
const LEAST_OF_SCAN = 1 / 3;
const MOST_FOR_TWO = 1.15;
const HOUR = 3_600_000;
/** The log is one day long, and over by now. */
const AGO = 48 * HOUR;
const OVER = 25 * HOUR;
/** So many credentials expire in the middle: something to find. */
const EXPIRING = 20;
const CPU = 'process_cpu_seconds_total';
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wayward.js');
/** A process that is slower than so many events a second has failed. */
const SLOWEST = 2_000;
const LEAST_PATIENCE = 60_000;

/** Runs everything in turn, so often; each way is told as soon as it is over. */
export async function benchThroughput(
  { lines, runs }: ThroughputOptions,
  broker: Broker,
  say: (text: string) => void,
): Promise<ThroughputRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-bench-kafka-'));
  const log = join(folder, 'gateway.jsonl');
  const from = Date.now() - AGO;
  generate(log, lines, from);
  const credentials = join(folder, 'credentials.yaml');
  writeFileSync(credentials, registryYaml('Some expire in the middle.', expiring(from + 12 * HOUR)));
  const streams = await Streams.start({
    broker,
    folder,
    credentials,
    rawPartitions: RAW_PARTITIONS,
    eventsPartitions: EVENTS_PARTITIONS,
  });
  try {
    await streams.load(log);
    say(`  ${lines.toLocaleString('en-US')} records are on Kafka`);
    const patience = LEAST_PATIENCE + (lines / SLOWEST) * 1_000;
    const done: ThroughputRun[] = [];
    for (let run = 1; run <= runs; run++) {
      const tell = (name: string, way: Way): void =>
        say(
          `  run ${run}: ${name} ${rateOf(lines, way.milliseconds)}, ${cpuOf(lines, way).toFixed(1)} µs; load ${loadavg()[0]?.toFixed(1)}`,
        );
      const consume = await relayed(broker.broker, lines, patience, ['consume']);
      tell('consume', consume);
      const relay = await relayed(broker.broker, lines, patience);
      tell('relay', relay);
      const { eventBytes, ...one } = await detected(streams, 1, { lines, until: from + OVER, patience });
      tell('one process', one);
      const two = await detected(streams, 2, { lines, until: from + OVER, patience });
      tell('two', two);
      const scan = await scanned(log, credentials, patience);
      tell('scan', scan);
      done.push({ scan, consume, relay, one, two, eventBytes });
    }
    return done;
  } finally {
    await streams.close();
  }
}

const expiring = (at: number) =>
  benchRegistry().map((entry, index) =>
    index < EXPIRING ? { ...entry, expires_at: new Date(at).toISOString() } : entry,
  );

/** So many processes of Wayward, from their first partition of the raw topic to the last commit of detection. */
async function detected(
  streams: Streams,
  processes: number,
  { lines, until, patience }: { lines: number; until: number; patience: number },
): Promise<Way & { eventBytes: number }> {
  await streams.startAnew();
  const progress = await Progress.watch(streams.kafka, EVENTS_PARTITIONS);
  const running = await Promise.all(Array.from({ length: processes }, () => streams.run('ingest,detect')));
  const starts = await Promise.all(running.map((wayward) => startOf(wayward, patience)));
  const ended = await progress.detectedUpTo(until, RAW_PARTITIONS, patience);
  const cpuSeconds = await Promise.all(running.map((wayward) => wayward.metric(CPU)));
  await progress.close();
  await Promise.all(running.map((wayward) => wayward.stop()));
  const { newest } = await alertsSaid(streams.kafka);
  return {
    milliseconds: ended - Math.min(...starts.map(({ at }) => at)),
    cpuMilliseconds: cpuSeconds.reduce((sum, seconds, at) => sum + seconds - (starts[at]?.cpuSeconds ?? 0), 0) * 1_000,
    alerts: newest.size,
    eventBytes: Math.round(streams.broker.bytesOf([EVENTS]) / lines),
  };
}

/** When a process was given its first partitions of the raw topic, by its log, and what it had used by then. */
async function startOf(wayward: BenchedWayward, patience: number): Promise<{ at: number; cpuSeconds: number }> {
  const { time } = await wayward.line(
    ({ msg, group, partitions }) =>
      msg === 'partitions assigned' && group === names.id('ingest') && JSON.stringify(partitions).includes(`${RAW}/`),
    patience,
  );
  return { at: Date.parse(String(time)), cpuSeconds: await wayward.metric(CPU) };
}

async function relayed(broker: string, lines: number, timeout: number, more: string[] = []): Promise<Way> {
  const script = join(import.meta.dirname, 'relay.ts');
  const options = { timeout, maxBuffer: 1 << 20 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...NODE_FLAGS, script, broker, RAW, String(lines), ...more],
    options,
  );
  const { records, ...way } = JSON.parse(stdout);
  if (records !== lines) throw new Error(`the relay came to ${records} of ${lines} records`);
  return way;
}

/** Of a whole process. */
const TELL_CPU = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();console.error('cpu',(user+system)/1000)})`;

async function scanned(log: string, credentials: string, timeout: number): Promise<Way> {
  const nothing = join(dirname(log), 'nothing.jsonl');
  writeFileSync(nothing, '');
  const start = await scanOf(nothing, credentials, timeout);
  const whole = await scanOf(log, credentials, timeout);
  return { ...whole, cpuMilliseconds: whole.cpuMilliseconds - start.cpuMilliseconds };
}

async function scanOf(log: string, credentials: string, timeout: number): Promise<Way> {
  const command = ['scan', '--json', '--format', 'nginx-json', '--credentials', credentials, log];
  const args = [...NODE_FLAGS, '--import', TELL_CPU, BIN, ...command];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout, maxBuffer: 1 << 28 });
  const [, took, unit] = /alerts?.* in ([\d.]+) (m?s)/.exec(stderr) ?? [];
  const [, cpu] = /^cpu ([\d.]+)$/m.exec(stderr) ?? [];
  if (took === undefined || cpu === undefined) throw new Error(`wayward scan said something else: ${stderr}`);
  return {
    milliseconds: Number(took) * (unit === 's' ? 1_000 : 1),
    cpuMilliseconds: Number(cpu),
    alerts: stdout.split('\n').length - 1,
  };
}

const rateOf = (lines: number, milliseconds: number): string =>
  `${Math.round((lines / milliseconds) * 1_000).toLocaleString('en-US')}/s`;

const cpuOf = (lines: number, { cpuMilliseconds }: Way): number => (cpuMilliseconds * 1_000) / lines;

/** Medians of the runs as text. */
function summary(lines: number, runs: readonly ThroughputRun[]): string {
  const middle = (of: (run: ThroughputRun) => number) => median(runs.map(of));
  const row = (name: string, of: (run: ThroughputRun) => Way): string => {
    const rate = rateOf(
      lines,
      middle((run) => of(run).milliseconds),
    );
    return `${name.padEnd(32)}${rate.padStart(11)}${middle((run) => cpuOf(lines, of(run)))
      .toFixed(1)
      .padStart(9)} µs`;
  };
  const ofScan = middle(({ scan, one }) => scan.cpuMilliseconds / one.cpuMilliseconds);
  const ofRelay = middle(({ relay, one }) => relay.cpuMilliseconds / one.cpuMilliseconds);
  const forTwo = middle(({ one, two }) => two.cpuMilliseconds / one.cpuMilliseconds);
  const isMet = (met: boolean): string => (met ? 'met' : 'MISSED');
  const [first] = runs;
  const alerts = [first?.scan.alerts, first?.one.alerts, first?.two.alerts];
  return [
    '',
    'records, and processor time of each; without the broker',
    row('consume', ({ consume }) => consume),
    row('relay: consume, parse, produce', ({ relay }) => relay),
    row('one process, Kafka to alerts', ({ one }) => one),
    row('two processes', ({ two }) => two),
    row('wayward scan, the same file', ({ scan }) => scan),
    '',
    `by processor time, one process has ${ofScan.toFixed(2)} of scan; bar ${LEAST_OF_SCAN.toFixed(2)}: ${isMet(ofScan >= LEAST_OF_SCAN)}; ${ofRelay.toFixed(2)} of the relay`,
    `two processes need ${forTwo.toFixed(2)} times as much as one; bar ${MOST_FOR_TWO}: ${isMet(forTwo <= MOST_FOR_TWO)}`,
    `alerts of scan, one, two          ${alerts.join(', ')}`,
    `an event on wayward.events        ${first?.eventBytes} bytes`,
  ].join('\n');
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { lines: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '3' } },
  });
  const options = { lines: Number(values.lines), runs: Number(values.runs) };
  const broker = await startBroker();
  try {
    const runs = await benchThroughput(options, broker, console.log);
    console.log(summary(options.lines, runs));
  } finally {
    await broker.stop();
  }
}
