import type { KafkaMessage } from './message.ts';
import type { TopicReader } from './topic-reader.ts';

/** Offsets so close together are read in one go. */
const CLOSE = 200;
/** A partition may end with something that is no message; milliseconds. */
const NOTHING_CAME = 5_000;

/** What is wanted of a partition: the message at an offset and, where those hold fewer bytes, the ones behind it. */
export interface Wanted {
  readonly offset: number;
  /** Bytes of values, line ends between them counted. */
  readonly bytes: number;
}

/** The messages that stand at these offsets of a partition. Offsets that hold none are left out. */
export async function messagesAt(
  reader: TopicReader,
  partition: number,
  wanted: readonly Wanted[],
  end: number,
): Promise<Map<number, KafkaMessage[]>> {
  const found = new Map<number, KafkaMessage[]>();
  const sorted = wanted.filter(({ offset }) => offset < end).toSorted((a, b) => a.offset - b.offset);
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && (sorted[to]?.offset ?? 0) - (sorted[to - 1]?.offset ?? 0) <= CLOSE) to++;
    await readRun(reader, partition, sorted.slice(from, to), end, found);
    from = to;
  }
  return found;
}

async function readRun(
  reader: TopicReader,
  partition: number,
  run: readonly Wanted[],
  end: number,
  found: Map<number, KafkaMessage[]>,
): Promise<void> {
  const offsets = new Map(run.map((one) => [one.offset, one.bytes]));
  const last = run.at(-1)?.offset ?? 0;
  /** Those that still lack bytes, by offset. */
  const open = new Map<number, number>();
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), NOTHING_CAME);
  const visit = (message: KafkaMessage): boolean => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), NOTHING_CAME);
    const offset = Number(message.offset);
    const bytes = offsets.get(offset);
    if (bytes !== undefined) open.set(offset, bytes);
    for (const [at, lacking] of open) {
      found.set(at, [...(found.get(at) ?? []), message]);
      const rest = lacking - (message.value?.length ?? 0) - 1;
      if (rest >= 0) open.set(at, rest);
      else open.delete(at);
    }
    return (offset >= last && open.size === 0) || offset >= end - 1;
  };
  await reader.read(partition, visit, stop.signal, run[0]?.offset);
  clearTimeout(timer);
}
