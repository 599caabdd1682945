/** Wrong usage or configuration: exit 2. The message says where, what is wrong and what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A server that is needed does not answer: exit 3. `cause` says why. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
}

/** There is nothing to read where logs were to be: exit 4. The message says where, and what to check. */
export class NothingToReadError extends Error {
  override readonly name = 'NothingToReadError';
}

/** A call to an issuer or a receiver that failed. The message says where and why, and never holds a secret. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** Whether the same call may work later (server down), or can't as things are (no permission, no such role). */
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}
