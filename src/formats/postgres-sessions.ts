/** Sessions at a time that are remembered; the one unused longest goes first. */
const MAX_SESSIONS = 10_000;

/**
 * The database sessions that a log has shown to be authenticated. Before that, the user in a record is what the start-up packet
 * claims (PostgreSQL manual, 55.2.1): a stranger's FATAL bears any role's name.
 */
export class PostgresSessions {
  readonly #authenticated = new Set<string>();
  /** The one that was noted last: most records come in runs of one session. */
  #newest: string | undefined;

  isAuthenticated(session: string | undefined): boolean {
    return session !== undefined && this.#authenticated.has(session);
  }

  /** A record of it shows that it is past authentication. */
  note(session: string | undefined): void {
    if (session === undefined || session === this.#newest) return;
    this.#newest = session;
    // Far from the limit the order does not matter.
    if (this.#authenticated.size < MAX_SESSIONS / 2 && this.#authenticated.has(session)) return;
    this.#authenticated.delete(session);
    this.#authenticated.add(session);
    if (this.#authenticated.size <= MAX_SESSIONS) return;
    const [oldest] = this.#authenticated;
    if (oldest !== undefined) this.#authenticated.delete(oldest);
  }

  forget(session: string): void {
    if (session === this.#newest) this.#newest = undefined;
    this.#authenticated.delete(session);
  }

  save(): readonly string[] {
    return [...this.#authenticated];
  }

  /** Takes what `save` gave; anything else in it is left out. */
  load(saved: unknown): void {
    this.#newest = undefined;
    this.#authenticated.clear();
    if (!Array.isArray(saved)) return;
    for (const session of saved.slice(-MAX_SESSIONS) as unknown[])
      if (typeof session === 'string') this.#authenticated.add(session);
  }
}
