import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isTaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { CallError } from '../errors.ts';
import type { Revocation } from './action.ts';

/** Failed calls one after the other, of the kind that passes, until an issuer is left alone. */
const FAILURES = 5;
/** For so long; then one call tries whether it is back. */
const LEFT_ALONE_MS = 5_000;
/** A revoker's calls end by themselves within 20 s; this is for one that does not. A call and its read-back stay within the outbox's lease. */
const LONGEST_CALL_MS = 25_000;

/** One circuit for each issuer: what waits for one that is down or hangs is put off at once, and holds up nothing else. */
export class IssuerCircuits {
  readonly #circuits = new Map<string, CircuitBreakerPolicy>();

  /** The same calls behind the issuer's circuit. @throws CallError (retryable) from each of them while it is open */
  guard(issuer: string, { revoke, verify, isThere, restore, longest = LONGEST_CALL_MS }: Revocation): Revocation {
    const call = <T>(work: () => Promise<T>): Promise<T> => this.#call(issuer, longest, work);
    return {
      revoke: (context) => call(() => revoke(context)),
      verify: (context) => call(() => verify(context)),
      ...(isThere && { isThere: (context) => call(() => isThere(context)) }),
      ...(restore && { restore: (context) => call(() => restore(context)) }),
    };
  }

  /** Issuers that are left alone at the moment. */
  get open(): readonly string[] {
    return [...this.#circuits].filter(([, { state }]) => state !== CircuitState.Closed).map(([issuer]) => issuer);
  }

  /** Every issuer that was called. */
  get known(): readonly string[] {
    return [...this.#circuits.keys()];
  }

  async #call<T>(issuer: string, longest: number, work: () => Promise<T>): Promise<T> {
    try {
      // A timeout of its own each time: it counts as a failure of the circuit around it.
      const policy = wrap(this.#circuitOf(issuer), timeout(longest, TimeoutStrategy.Aggressive));
      return await policy.execute(work);
    } catch (error) {
      if (isBrokenCircuitError(error))
        throw new CallError(`${issuer} is left alone for a moment: ${this.#lastErrorOf(issuer)}`, true);
      if (isTaskCancelledError(error))
        throw new CallError(`${issuer} did not answer within ${longest / 1_000} s`, true);
      throw error;
    }
  }

  #lastErrorOf(issuer: string): string {
    const failure = this.#circuits.get(issuer)?.lastFailure;
    return failure !== undefined && 'error' in failure && failure.error instanceof CallError
      ? failure.error.message
      : 'its last calls failed';
  }

  #circuitOf(issuer: string): CircuitBreakerPolicy {
    const known = this.#circuits.get(issuer);
    if (known !== undefined) return known;
    const counts = handleWhen(
      (error) => isTaskCancelledError(error) || (error instanceof CallError && error.retryable),
    );
    const made = circuitBreaker(counts, { halfOpenAfter: LEFT_ALONE_MS, breaker: new ConsecutiveBreaker(FAILURES) });
    this.#circuits.set(issuer, made);
    return made;
  }
}
