import { identityOf } from './identity.ts';
import { type OpenLog, openLog } from './open-log.ts';
import { fileAfter, findFile, statIfThere } from './rotation.ts';
import { READ_SIZE, type Source, type SourcePosition, type SourceProblem } from './source.ts';

/** Milliseconds that a writer may go on with the old file after the new one has appeared. */
const GRACE = 500;
/** Files of the past whose places in the stream are remembered. */
const MAX_SEGMENTS = 100;

const LINE_END = Buffer.from('\n');
const LF = 10;

/** Which file a part of the stream came from. */
interface Segment {
  /** Offset in the stream, and in the file, at which it begins. */
  readonly inStream: number;
  readonly inFile: number;
  identity: string;
}

/**
 * A log that is being written, like `tail -F` from its start: through rotation by renaming, rotation by copying and truncating,
 * compression of what was rotated, and times without a file. The next file begins when the one before has been read to its end. Says `caught-up` at the end of
 * what has been written; whoever reads looks again. Plain files only.
 */
export class FollowSource implements Source {
  readonly name: string;
  readonly startsAt: number;
  #resume: SourcePosition | undefined;
  #file: OpenLog | undefined;
  /** Where to read on in the file. */
  #at = 0;
  /** Bytes handed out, counted from the stream's start. */
  #inStream: number;
  #segments: Segment[] = [];
  /** The file's first bytes as they were: another beginning means that it was truncated and written anew. */
  #head: Buffer = Buffer.alloc(0);
  #lastByte = LF;
  #caughtUp = false;
  /** When a new file was first seen in this one's place. */
  #replacedAt: number | undefined;
  #problem: SourceProblem | undefined;
  /** The last error that was reported: once is enough. */
  #told: unknown;

  constructor(name: string, resume?: SourcePosition) {
    this.name = name;
    this.#resume = resume?.identity === '' ? undefined : resume;
    this.startsAt = resume?.offset ?? 0;
    this.#inStream = this.startsAt;
  }

  async read(size = READ_SIZE): Promise<Buffer | 'caught-up'> {
    try {
      return (await this.#next(size)) ?? 'caught-up';
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      await this.#failed(error.code);
      return 'caught-up';
    }
  }

  problem(): SourceProblem | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  save(offset: number): SourcePosition {
    const segment = this.#segments.findLast(({ inStream }) => inStream <= offset) ?? this.#segments[0];
    if (segment === undefined) return { name: this.name, offset, identity: this.#resume?.identity ?? '' };
    return { name: this.name, offset: segment.inFile + offset - segment.inStream, identity: segment.identity };
  }

  async close(): Promise<void> {
    await this.#leave();
  }

  async #next(size: number): Promise<Buffer | undefined> {
    if (this.#file === undefined) {
      if ((await statIfThere(this.name)) === undefined && this.#resume === undefined) return undefined;
      await this.#enterFirst();
    }
    const file = this.#file;
    if (file === undefined) return undefined;
    if (this.#caughtUp && (await this.#wasRewritten(file))) return await this.#beginAnew(file, size);

    const bytes = await this.#readFrom(file, size);
    if (bytes !== undefined) {
      this.#replacedAt = undefined;
      return bytes;
    }
    this.#caughtUp = true;
    return await this.#goToNextFile(file, size);
  }

  async #readFrom(file: OpenLog, size: number): Promise<Buffer | undefined> {
    const bytes = await file.read(this.#at, size);
    if (bytes === undefined) return undefined;
    this.#caughtUp = false;
    this.#at += bytes.length;
    return this.#handOut(bytes);
  }

  #handOut(bytes: Buffer): Buffer {
    this.#inStream += bytes.length;
    this.#lastByte = bytes.at(-1) ?? LF;
    return bytes;
  }

  /** Truncated, perhaps with new text already in it. Also learns the rest of a short file's first bytes. */
  async #wasRewritten(file: OpenLog): Promise<boolean> {
    if (file.isCompressed) return false;
    const size = await file.size();
    if (size < this.#at) return true;
    if (size === this.#at) return false;
    const head = await file.head();
    if (!head.subarray(0, this.#head.length).equals(this.#head)) return true;
    await this.#learn(file, head);
    return false;
  }

  async #learn(file: OpenLog, head: Buffer): Promise<void> {
    if (head.length === this.#head.length && this.#segments.length > 0) return;
    this.#head = head;
    const segment = this.#segments.at(-1);
    if (segment !== undefined) segment.identity = identityOf(await file.stats(), head);
  }

  /** A line that the old text left unfinished must not run into the new one. */
  async #beginAnew(file: OpenLog, size: number): Promise<Buffer | undefined> {
    const cut = this.#lastByte === LF ? undefined : this.#handOut(Buffer.from(LINE_END));
    await this.#begin(file, 0);
    return cut ?? (await this.#readFrom(file, size));
  }

  async #begin(file: OpenLog, at: number): Promise<void> {
    this.#file = file;
    this.#at = at;
    this.#caughtUp = false;
    this.#replacedAt = undefined;
    const head = await file.head();
    this.#head = head;
    this.#segments.push({ inStream: this.#inStream, inFile: at, identity: identityOf(await file.stats(), head) });
    if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift();
  }

  async #enterFirst(): Promise<void> {
    const resume = this.#resume;
    const path = resume === undefined ? this.name : await findFile(this.name, resume.identity);
    if (resume !== undefined && path === undefined) {
      this.#problem = {
        reason: 'position-lost',
        detail: 'The file that was read before is gone; what stood in it behind the last position was missed.',
      };
    }
    const file = await openLog(path ?? this.name);
    this.#resume = undefined;
    const isThere = path !== undefined && resume !== undefined;
    const goesOn = isThere && (file.isCompressed || (await file.size()) >= resume.offset);
    await this.#begin(file, goesOn ? resume.offset : 0);
  }

  async #goToNextFile(file: OpenLog, size: number): Promise<Buffer | undefined> {
    this.#problem ??= file.problem;
    const identity = this.#segments.at(-1)?.identity ?? '';
    const next = await fileAfter(this.name, { stats: await file.stats(), identity });
    if (next === undefined) return undefined;
    const now = Date.now();
    this.#replacedAt ??= now;
    if (now - this.#replacedAt < GRACE) return undefined;
    const opened = await openLog(next);
    await file.close();
    return await this.#beginAnew(opened, size);
  }

  /** It may come back: go on then where it stood. */
  async #failed(code: unknown): Promise<void> {
    if (code !== 'ENOENT' && code !== this.#told) {
      this.#told = code;
      this.#problem = { reason: 'unreadable', detail: `It cannot be read for now (${code}).` };
    }
    if (this.#segments.length > 0) this.#resume = this.save(this.#inStream);
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#caughtUp = false;
    await file?.close();
  }
}
