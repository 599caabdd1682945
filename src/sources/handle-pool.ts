import { type FileHandle, open } from 'node:fs/promises';

interface Slot {
  readonly handle: FileHandle;
  users: number;
}

/** Open files, at most `size` of them at rest: the one used longest ago is closed first and opened again when needed. */
export class HandlePool {
  readonly #size: number;
  /** By path; the one used last is last. */
  readonly #slots = new Map<string, Slot>();

  constructor(size = 64) {
    this.#size = size;
  }

  get open(): number {
    return this.#slots.size;
  }

  async use<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const slot = await this.#take(path);
    slot.users++;
    try {
      return await work(slot.handle);
    } finally {
      slot.users--;
    }
  }

  async close(path: string): Promise<void> {
    const slot = this.#slots.get(path);
    this.#slots.delete(path);
    await slot?.handle.close();
  }

  async #take(path: string): Promise<Slot> {
    const known = this.#slots.get(path);
    if (known !== undefined) {
      this.#slots.delete(path);
      this.#slots.set(path, known);
      return known;
    }
    for (const [other, { users }] of this.#slots) {
      if (this.#slots.size < this.#size) break;
      if (users === 0) await this.close(other);
    }
    const slot = { handle: await open(path, 'r'), users: 0 };
    this.#slots.set(path, slot);
    return slot;
  }
}
