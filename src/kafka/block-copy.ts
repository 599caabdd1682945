/** The bytes that a block decodes to, grown by literals and by copies of what is already there. Throws on anything out of bounds. */
export class BlockOutput {
  readonly bytes: Buffer;
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  literal(from: Buffer, start: number, length: number): void {
    if (start + length > from.length) throw new RangeError('compressed data ends too early');
    this.#ensure(length);
    from.copy(this.bytes, this.length, start, start + length);
    this.length += length;
  }

  /** A copy may overlap what it writes: that is how runs are written. */
  copy(distance: number, length: number): void {
    if (distance === 0 || distance > this.length) throw new RangeError('compressed data refers to what is not there');
    this.#ensure(length);
    const from = this.length - distance;
    if (distance >= length) this.bytes.copyWithin(this.length, from, from + length);
    else for (let i = 0; i < length; i++) this.bytes[this.length + i] = this.bytes[from + i] ?? 0;
    this.length += length;
  }

  #ensure(more: number): void {
    if (this.length + more > this.bytes.length) throw new RangeError('compressed data is longer than it says');
  }
}
