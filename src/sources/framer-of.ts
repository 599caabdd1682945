import { Framer, type Framing, type RecordSink } from './framing.ts';
import { JsonFramer } from './json-framer.ts';

/** @param startsInside the first bytes may lie inside an array of records, where an earlier run stood */
export const framerOf = (
  framing: Framing,
  sink: RecordSink,
  position: number,
  startsInside: boolean,
): Framer | JsonFramer =>
  framing === 'json' ? new JsonFramer(sink, position, startsInside) : new Framer(framing, sink, position);
