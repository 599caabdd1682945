/** Fetches `secret://NAME/LOCATION`. */
export interface SecretProvider {
  /** A reference that shows how to write one. */
  readonly example: string;
  /** @throws SecretError that says what is wrong and what to do, never with the value in it */
  fetch(location: string, context: SecretContext): Promise<string>;
}

export interface SecretContext {
  /** Folder of the configuration file, absolute: what relative paths start from. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes one sentence for the person who runs this. */
  readonly warn: (message: string) => void;
}

/** A secret that can't be had. The message reads on after the key's name: `is not set; …`. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}
