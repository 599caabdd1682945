/** The values at one place of a secret manager. */
export interface SecretValues {
  /** What readers get. */
  readonly current: string | undefined;
  /** What a rotation has put beside it. */
  readonly pending: string | undefined;
}

/** One place of a secret manager. Every call may be repeated. @throws CallError, never with a value in it */
export interface WritableSecret {
  read(): Promise<SecretValues>;
  /** Puts a value beside the current one, which stays what readers get. */
  stage(value: string): Promise<void>;
  /** Makes the pending value the current one; the one before stays readable as an older version. Nothing without a pending one. */
  promote(): Promise<void>;
  /** Forgets the pending value. */
  discard(): Promise<void>;
}

/** A secret manager that rotations write to: one object in a file of secret-writers/, and one line in its registry.ts. */
export interface SecretWriter {
  /** As in `secret://ID/LOCATION`. */
  readonly id: string;
  readonly title: string;
  /** How to write a location. */
  readonly example: string;
  /** Key of `revokers:` in the configuration whose account it writes with. */
  readonly account: string;
  /** Where the pending value is, and what becomes of the old one. */
  readonly pending: string;
  /** The least that this account must be allowed. */
  readonly needs: string;
  readonly testedAgainst: string;
  isLocation(location: string): boolean;
  /** `settings` is that account's, checked. */
  open(settings: unknown, location: string): WritableSecret;
}
