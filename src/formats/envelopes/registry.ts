import { cee } from './cee.ts';
import { cri } from './cri.ts';
import { docker } from './docker.ts';
import type { Envelope, Part } from './envelope.ts';
import { syslog3164, syslog5424 } from './syslog.ts';

/** Every envelope; a new one is its file and a line here. */
export const envelopes: readonly Envelope[] = [cri, docker, syslog5424, syslog3164, cee];

/** What lies around the lines of a source, outermost first: of each layer, the ids of the envelopes that were seen there. */
export type Layers = readonly (readonly string[])[];

/** A log of a container in a log of its runtime, and one layer to spare. */
const MOST_LAYERS = 3;
const SAMPLE_LINES = 200;

/** What is inside of a line, by the first of these envelopes that fits, and which that was. */
export const unwrap = (line: Buffer, layer: readonly Envelope[]): { id: string; part: Part } | undefined => {
  for (const { id, unwrap: open } of layer) {
    const part = open(line);
    if (part !== undefined) return { id, part };
  }
  return undefined;
};

export const envelopesOf = (layer: readonly string[]): readonly Envelope[] =>
  envelopes.filter(({ id }) => layer.includes(id));

/** The layers around the lines that a source begins with, and the lines inside. */
export interface Opened {
  readonly layers: Layers;
  readonly lines: readonly string[];
}

/**
 * A layer counts only where each of the lines has it: what a client writes into some of them opens nothing.
 */
export const openLines = (sample: readonly string[]): Opened => {
  const layers: string[][] = [];
  let lines = sample.slice(0, SAMPLE_LINES).filter((line) => line.trim() !== '');
  while (layers.length < MOST_LAYERS && lines.length > 0) {
    const ids = new Set<string>();
    const inside = new InnerLines();
    for (const line of lines) {
      const opened = unwrap(Buffer.from(line), envelopes);
      if (opened === undefined) return { layers, lines: layers.length === 0 ? sample : lines };
      const { id, part } = opened;
      ids.add(id);
      inside.add(part);
    }
    layers.push([...ids]);
    lines = inside.lines;
  }
  return { layers, lines: layers.length === 0 ? sample : lines };
};

/** The lines of a sample, whose parts are joined; further numbered parts are left out, a format is known by the first. */
class InnerLines {
  readonly #parts: string[][] = [];
  readonly #open = new Map<string, string[]>();

  get lines(): string[] {
    return this.#parts.map((parts) => parts.join('').replace(/^\ufeff|\r$/g, ''));
  }

  add({ text, stream, goesOn, number = 1 }: Part): void {
    if (number > 1) return;
    const parts = this.#open.get(stream) ?? [];
    if (parts.length === 0) this.#parts.push(parts);
    parts.push(text.toString());
    if (goesOn === true) this.#open.set(stream, parts);
    else this.#open.delete(stream);
  }
}
