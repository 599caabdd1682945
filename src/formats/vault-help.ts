import { createHash } from 'node:crypto';
import type { JsonObject } from './json.ts';

/** Requests for help at a time that wait for an answer; the oldest go first. */
const MAX_WAITING = 1_000;

/**
 * Requests for help (`vault path-help`). Some versions of Vault log no answer to them, so that the request counts as the use; where an
 * answer is logged after all, it counts for nothing. Neither carries an id (hashicorp/vault issue 32026).
 */
export class HelpRequests {
  readonly #waiting = new Set<string>();

  asked(request: JsonObject): void {
    this.#waiting.add(digest(request));
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting;
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Whether this answers a request that was counted. */
  isAnswer(request: JsonObject): boolean {
    return this.#waiting.delete(digest(request));
  }

  save(): unknown {
    return this.#waiting.size === 0 ? undefined : [...this.#waiting];
  }

  /** Takes what `save` gave; anything else in it is left out. */
  load(saved: unknown): void {
    this.#waiting.clear();
    if (!Array.isArray(saved)) return;
    for (const entry of saved.slice(-MAX_WAITING) as unknown[]) if (typeof entry === 'string') this.#waiting.add(entry);
  }
}

/** A digest: with `log_raw` the path or the accessor may hold a secret, and this is saved. */
const digest = ({ id, path, namespace, client_token_accessor, remote_address, remote_port }: JsonObject): string =>
  createHash('sha256')
    .update(JSON.stringify([id, path, namespace, client_token_accessor, remote_address, remote_port]))
    .digest('base64url')
    .slice(0, 22);
