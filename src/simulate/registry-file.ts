import { stringify } from 'yaml';

/** One credential as the registry file writes it. */
export interface RegistryEntry {
  readonly id: string;
  readonly agent: string;
  readonly peer_group?: string;
  readonly slot: string;
  readonly kind: string;
  readonly owner: string;
  readonly match: Readonly<Record<string, string | readonly string[]>>;
  readonly issued_at: string;
  readonly expires_at?: string;
  readonly rotate_every?: string;
  readonly scopes?: readonly string[];
  readonly networks?: readonly string[];
  readonly hours?: string;
  readonly protected?: boolean;
  readonly parent?: string;
  readonly revoke?: Readonly<Record<string, string>>;
  readonly rotate?: Readonly<Record<string, string>>;
}

/** The registry file; `heading` becomes its comment. */
export const registryYaml = (heading: string, credentials: readonly RegistryEntry[]): string =>
  `# ${heading}\n${stringify({ credentials }, { lineWidth: 120 })}`;
