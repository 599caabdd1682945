import type { z } from 'zod';
import { CallError } from './errors.ts';
import { reasonOf, scrub } from './scrub.ts';

export interface HttpRequest {
  /** For messages: `Vault`, `webhook receiver`. */
  readonly service: string;
  /** POST where absent. */
  readonly method?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData | undefined;
  /** 8 s where absent. */
  readonly timeoutMs?: number;
  /** Of the answer, the rest is cut off; 64 KiB where absent. */
  readonly maxBytes?: number;
  /** What must never stand in an error: tokens, a URL with a key in it. */
  readonly secrets: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  /** At most `maxBytes` of it. */
  readonly text: string;
  /** How long the server asks to wait: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
  readonly retryAfterMs?: number | undefined;
}

const TIMEOUT_MS = 8_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * One request, whatever its answer's status. Redirects are not followed: they would carry tokens and signatures elsewhere.
 * @throws CallError when there was no answer in time
 */
export async function request(options: HttpRequest): Promise<HttpAnswer> {
  const { service, method = 'POST', url, headers, body = null, secrets } = options;
  const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_ANSWER_BYTES } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
    const retryAfterMs = waitOf(response.headers.get('retry-after'));
    return { status: response.status, text: await boundedText(response, maxBytes), retryAfterMs };
  } catch (error) {
    // A URL or header that is none is a TypeError with another message: that one never gets better.
    const wasSent = !(error instanceof TypeError) || error.message === 'fetch failed';
    throw new CallError(scrub(`${service}: ${reasonOf(error)}`, secrets), wasSent);
  }
}

/** Answers that may be another one later: timeouts, too many requests, server errors (RFC 9110, RFC 6585). */
export const isTransientStatus = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** The answer's JSON, as far as the schema knows it; undefined where it is something else. */
export function readJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON
  }
}

/** Longer than anybody should wait for a server that may be back at once. */
const LONGEST_WAIT_MS = 300_000;

/** Of seconds, or of a date. */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(0, wait));
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break; // leaving the loop cancels the rest
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
}
