/** Wrong usage or configuration: exit 2. The message says where, what is wrong and what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A server that is needed does not answer: exit 3. `cause` says why. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
}
