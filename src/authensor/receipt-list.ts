import { z } from 'zod';
import { CallError, ServerUnavailableError, UsageError } from '../errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, readJson, request } from '../http.ts';
import type { AuthensorSettings } from './settings.ts';

/** Bytes of one answer at most: a page beyond it is asked for again with fewer receipts. */
const MOST_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
const ATTEMPTS = 6;
/** Doubled with each attempt, where Authensor does not say how long. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 120_000;
/** What answers from there on, too, does not know of offsets. */
const MOST_RECEIPTS = 2 ** 31;

export interface Receipt {
  readonly id: string;
  /** As Authensor writes it. */
  readonly at: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** JSON. */
  readonly text: string;
}

const listSchema = z.object({
  receipts: z.array(z.looseObject({ id: z.string().min(1).max(256), timestamp: z.iso.datetime() })),
});
const refusalSchema = z.object({
  error: z.object({ code: z.string().regex(/^\w{1,64}$/), retryAfterSeconds: z.number().positive().optional() }),
});

export interface Patience {
  readonly signal: AbortSignal;
  /** Until the time is over, or the signal comes. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * `GET /receipts`: newest first, from an offset on, 200 at most, of all times.
 * https://github.com/AUTHENSOR/AUTHENSOR/blob/44d367952c7cf21ebb1f032c40c20618a5ada8f9/packages/control-plane/src/routes/receipts.ts
 */
export class ReceiptList {
  readonly #settings: AuthensorSettings;
  readonly #patience: Patience;

  /** @param settings with the key resolved */
  constructor(settings: AuthensorSettings, patience: Patience) {
    this.#settings = settings;
    this.#patience = patience;
  }

  /** @throws UsageError and ServerUnavailableError with what to check */
  async page(offset: number, limit: number): Promise<readonly Receipt[] | 'too-long' | 'stopped'> {
    const answer = await this.#ask(`receipts?limit=${limit}&offset=${offset}`);
    if (answer === 'stopped') return answer;
    if (Buffer.byteLength(answer.text) >= MOST_BYTES) return 'too-long';
    const receipts = readJson(answer.text, listSchema)?.receipts;
    if (receipts === undefined || receipts.length > limit)
      throw this.#usage("what answers is not Authensor's list of receipts; check authensor.url");
    if (receipts.length > 0 && offset > MOST_RECEIPTS)
      throw this.#usage('its list of receipts has no end; does something on the way drop ?offset= from the address?');
    return receipts.map((receipt) => ({
      ...{ id: receipt.id, at: receipt.timestamp, time: Date.parse(receipt.timestamp), text: JSON.stringify(receipt) },
    }));
  }

  /** What to throw where even the fewest receipts are too long. */
  tooLong(): UsageError {
    return this.#usage(
      `a receipt is longer than ${MOST_BYTES / 1024 / 1024} MiB, which Authensor never writes; check authensor.url`,
    );
  }

  async #ask(path: string): Promise<HttpAnswer | 'stopped'> {
    const { signal, wait } = this.#patience;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const answer = await this.#call(path);
      if (!(answer instanceof CallError) && isSuccess(answer.status)) return answer;
      const { why, mayPass, waitMs = FIRST_WAIT_MS * 2 ** (attempt - 1) } = whyNot(answer);
      if (!mayPass) throw answer instanceof CallError || answer.status !== 404 ? this.#away(why) : this.#usage(why);
      if (attempt === ATTEMPTS) throw this.#away(`${why}, ${ATTEMPTS} times`);
      await wait(Math.min(waitMs, LONGEST_WAIT_MS), signal);
    }
    return 'stopped';
  }

  async #call(path: string): Promise<HttpAnswer | CallError> {
    const { url, key } = this.#settings;
    const secret = key.reveal();
    try {
      return await request({
        ...{ service: 'Authensor', method: 'GET', url: new URL(path, url.endsWith('/') ? url : `${url}/`).href },
        headers: { authorization: `Bearer ${secret}` },
        ...{ timeoutMs: TIMEOUT_MS, maxBytes: MOST_BYTES, secrets: [secret] },
      });
    } catch (error) {
      if (error instanceof CallError) return error;
      throw error;
    }
  }

  #usage(why: string): UsageError {
    return new UsageError(`--authensor ${this.#settings.url}: ${why}`);
  }

  #away(why: string): ServerUnavailableError {
    return new ServerUnavailableError(`--authensor ${this.#settings.url}: ${why}`);
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  401: 'Authensor does not take the key (401); check authensor.key: it may be revoked',
  403: 'the key may not list receipts (403); authensor.key needs the role admin, the only one that may',
  404: 'there is no list of receipts (404); check authensor.url',
};

interface Refusal {
  readonly why: string;
  /** Whether the same may be answered later. */
  readonly mayPass: boolean;
  readonly waitMs?: number | undefined;
}

function whyNot(answer: HttpAnswer | CallError): Refusal {
  if (answer instanceof CallError) return { why: answer.message, mayPass: answer.retryable };
  const { status, text, retryAfterMs } = answer;
  const { code, retryAfterSeconds } = readJson(text, refusalSchema)?.error ?? {};
  if (code === 'BOOTSTRAP_REQUIRED')
    return { why: `Authensor has no keys yet (${status}); make one there, with the role admin`, mayPass: false };
  const why = ADVICE[status] ?? `Authensor answers ${status} ${code ?? 'without an error of its own'}`;
  const asked = retryAfterSeconds === undefined ? retryAfterMs : retryAfterSeconds * 1_000;
  return { why, mayPass: isTransientStatus(status), waitMs: asked };
}
