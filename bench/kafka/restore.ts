import { mkdtempSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRegistry } from '../../src/attribution/registry.ts';
import { STATE_BYTES } from '../../src/baselines/state.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { TransactionalWriter } from '../../src/kafka/transactional-writer.ts';
import { partitioner } from '../../src/pipeline/kafka/partitions.ts';
import { offsetMessage, snapshotMessages } from '../../src/pipeline/kafka/snapshot.ts';
import { names, STATE } from '../../test/kafka/names.ts';
import type { LogLine } from '../../test/live/wayward.ts';
import type { Kafka as Broker } from '../../test/servers/kafka.ts';
import { learned } from './learned.ts';
import { type BenchedWayward, Streams, startBroker } from './streams.ts';

/**
 * `npm run bench -- restore [--principals 200000] [--days 7]`: two processes share what is known; one is killed, the other takes all of
 * it over. The state is what the core learns from 8 events a day of each principal, written as detection writes its snapshots.
 */
export interface RestoreOptions {
  readonly principals: number;
  readonly days: number;
}

export interface Restored {
  /** From the kill until the other process was given what the dead one had; milliseconds. */
  readonly noticed: number;
  /** Principals of the dead process, and how long until the other one knew them, from the moment it was given them; milliseconds. */
  readonly takenOver: { readonly principals: number; readonly milliseconds: number };
  /** The same of a process that starts alone: all of them. */
  readonly alone: { readonly principals: number; readonly milliseconds: number };
  /** Of one principal in the snapshot, and on the disk of Kafka. */
  readonly bytes: number;
  readonly diskBytes: number;
  /** Resident memory of the process that knows all, bytes. */
  readonly resident: number;
}

const EVENTS_PARTITIONS = 12;
const CALLS = 8;
const PER_GROUP = 100;
const DAY = 86_400_000;
const PATIENCE = 300_000;
const LOOK_EVERY = 20;
const PRINCIPALS = 'wayward_principals';

/** @throws Error if the process that is left does not know every principal in the end */
export async function benchRestore(
  { principals, days }: RestoreOptions,
  broker: Broker,
  say: (text: string) => void,
): Promise<Restored> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-bench-restore-'));
  const credentials = join(folder, 'credentials.ndjson');
  writeFileSync(credentials, registryOf(principals));
  const streams = await Streams.start({
    broker,
    folder,
    credentials,
    rawPartitions: 1,
    eventsPartitions: EVENTS_PARTITIONS,
  });
  try {
    const bytes = await writeState(streams, credentials, days);
    const diskBytes = streams.broker.bytesOf([STATE]);
    say(`  ${principals.toLocaleString('en-US')} principals have learned from ${days} days`);
    const [one, other] = await Promise.all([streams.run('detect'), streams.run('detect')]);
    await ready(one, other);
    const mine = await known([one, other], principals);
    if (mine === 0 || mine === principals) throw new Error('the two processes do not share the work');
    say(`  two processes know them, ${mine.toLocaleString('en-US')} and the rest; the other one is killed`);
    const takenOver = await timed(one, principals, () => other.kill());
    await one.stop();
    const last = await streams.run('detect');
    const alone = await timed(last, principals, async () => {});
    return {
      noticed: takenOver.given,
      takenOver: { principals: principals - mine, milliseconds: takenOver.restored },
      alone: { principals: await last.metric(PRINCIPALS), milliseconds: alone.restored },
      bytes: bytes / principals,
      diskBytes: diskBytes / principals,
      resident: await last.metric('process_resident_memory_bytes'),
    };
  } finally {
    await streams.close();
  }
}

const ready = (...processes: readonly BenchedWayward[]) =>
  Promise.all(processes.map((wayward) => wayward.line(({ msg }) => msg === 'working', PATIENCE)));

/** Until these know so many principals together; how many the first of them knows. */
async function known(processes: readonly BenchedWayward[], principals: number): Promise<number> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(LOOK_EVERY)) {
    const each = await Promise.all(processes.map((wayward) => wayward.metric(PRINCIPALS)));
    if (each.reduce((sum, one) => sum + one, 0) === principals) return each[0] ?? 0;
  }
  throw new Error(`not every one of ${principals} principals is known`);
}

/** From `begin` until the process is given partitions, and from then until it knows every principal; milliseconds. */
async function timed(wayward: BenchedWayward, principals: number, begin: () => Promise<void>) {
  const began = Date.now();
  const before = wayward.lines.length;
  await begin();
  const isNew = ({ msg, group }: LogLine, at: number) =>
    at >= before && msg === 'partitions assigned' && group === names.id('detect');
  await wayward.line((line) => isNew(line, wayward.lines.indexOf(line)), PATIENCE);
  const given = Date.parse(String(wayward.lines.find(isNew)?.time));
  await ready(wayward);
  await known([wayward], principals);
  return { given: given - began, restored: Date.now() - given };
}

const registryOf = (principals: number): string =>
  Array.from({ length: principals }, (_, index) => {
    const entry = {
      id: `cred-${index}`,
      agent: `agent-${index}`,
      peer_group: `group-${Math.floor(index / PER_GROUP)}`,
      slot: 'gateway',
      kind: 'api-key',
      owner: 'team-bench@example.com',
      match: { credential_id: `cred-${index}` },
      issued_at: new Date(Date.now() - 30 * DAY).toISOString(),
    };
    return `${JSON.stringify(entry)}\n`;
  }).join('');

/** Fills `wayward.state`; returns the bytes of the snapshots. */
async function writeState({ kafka }: Streams, file: string, days: number): Promise<number> {
  const registry = createRegistry(loadCredentials(file));
  const detectors = loadDetectors('detectors').map(({ detector }) => detector);
  const partitionOf = partitioner(EVENTS_PARTITIONS);
  const byPartition = Map.groupBy(registry.credentials, ({ peerGroup }) => partitionOf(peerGroup));
  const counts = { committed: 0, aborted: 0, fenced: 0 };
  let bytes = 0;
  for (const [partition, credentials] of byPartition) {
    const from = Date.now() - (days + 1) * DAY;
    const messages = snapshotMessages(
      STATE,
      partition,
      learned({ registry, detectors, credentials, days, calls: CALLS, from }),
    );
    bytes += messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    const writer = await TransactionalWriter.open(kafka, names.id('detect', partition), counts);
    await writer.commit([offsetMessage(STATE, partition, 0)], messages);
    await writer.close();
  }
  return bytes;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`.padStart(8);

function summary({ noticed, takenOver, alone, bytes, diskBytes, resident }: Restored): string {
  const number = (value: number) => Math.round(value).toLocaleString('en-US').padStart(9);
  return `
killed: the other one noticed after      ${seconds(noticed)}   load ${loadavg()[0]?.toFixed(1)}
  then it took over ${number(takenOver.principals)} principals in ${seconds(takenOver.milliseconds)}
a process that starts alone: ${number(alone.principals)} in  ${seconds(alone.milliseconds)}
bytes of a principal in the snapshot    ${number(bytes)}   ${STATE_BYTES.toLocaleString('en-US')} of them its baseline
  on the disk of Kafka                  ${number(diskBytes)}
resident memory for each                ${number(resident / alone.principals)}`;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { principals: { type: 'string', default: '200000' }, days: { type: 'string', default: '7' } },
  });
  const options = { principals: Number(values.principals), days: Number(values.days) };
  const broker = await startBroker();
  try {
    console.log(summary(await benchRestore(options, broker, console.log)));
  } finally {
    await broker.stop();
  }
}
