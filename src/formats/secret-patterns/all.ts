import { AI_PATTERNS } from './ai.ts';
import { CLOUD_PATTERNS } from './cloud.ts';
import { CODE_PATTERNS } from './code.ts';
import type { SecretPattern } from './pattern.ts';
import { SERVICE_PATTERNS } from './services.ts';

/** Every secret that is known by how it begins; another issuer is one more entry. */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  ...CODE_PATTERNS,
  ...AI_PATTERNS,
  ...CLOUD_PATTERNS,
  ...SERVICE_PATTERNS,
];
