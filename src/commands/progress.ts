import type { Output } from './io.ts';

const EVERY_MS = 200;

/** One line on a terminal that says how far long work is; nothing elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #records: () => number;
  readonly #started = performance.now();
  #last = 0;

  constructor(output: Output, records: () => number) {
    this.#output = output;
    this.#records = records;
  }

  tick(): void {
    if (this.#output.isTTY !== true) return;
    const now = performance.now();
    if (now - this.#last < EVERY_MS) return;
    this.#last = now;
    const records = this.#records();
    const rate = Math.round((records / Math.max(1, now - this.#started)) * 1_000);
    this.#output.write(`\r\u001b[2Kread ${records.toLocaleString('en-US')} records, ${rate.toLocaleString('en-US')}/s`);
  }

  end(): void {
    if (this.#output.isTTY === true && this.#last > 0) this.#output.write('\r\u001b[2K');
  }
}
