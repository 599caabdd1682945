import type { z } from 'zod';

/** Fetches `secret://NAME/LOCATION`. */
export interface SecretProvider {
  /** A reference that shows how to write one. */
  readonly example: string;
  /** Checks its part of `secret_providers:` in the configuration; absent where it has none. */
  readonly settingsSchema?: z.ZodType;
  /** @throws SecretError that says what is wrong and what to do, never with the value in it */
  fetch(location: string, context: SecretContext): Promise<string>;
}

export interface SecretContext {
  /** Folder of the configuration file, absolute: what relative paths start from. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes one sentence for the person who runs this. */
  readonly warn: (message: string) => void;
  readonly providers?: ProviderSettings;
}

/** `secret_providers:` of wayward.yaml, checked, by provider; relative paths in there start at its folder. */
export interface ProviderSettings {
  readonly folder: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A secret that can't be had. The message reads on after the key's name: `is not set; …`. */
export class SecretError extends Error {
  override readonly name: string = 'SecretError';
}

/** A secret that can't be had now, since the server that keeps it does not answer. */
export class SecretServerError extends SecretError {
  override readonly name = 'SecretServerError';
}
