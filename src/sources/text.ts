import type { Source, SourcePosition } from './source.ts';

/** Lines that are at hand. */
export class TextSource implements Source {
  readonly name: string;
  readonly startsAt = 0;
  #rest: Buffer | undefined;

  constructor(name: string, lines: readonly string[]) {
    this.name = name;
    this.#rest = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  }

  async read(): Promise<Buffer | 'end'> {
    const bytes = this.#rest;
    this.#rest = undefined;
    return bytes ?? 'end';
  }

  problem(): undefined {
    return undefined;
  }

  save(offset: number): SourcePosition {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {}
}
