import { createRequire } from 'node:module';
import { UsageError } from '../../errors.ts';

/** Whose private insides these patches know: package.json pins it. */
export const PATCHED_VERSION = '2.2.4';

/** @throws UsageError for any other version: a patch that does not fit may lose events in silence */
export function requirePatchedVersion(): void {
  const { version }: { version: string } = createRequire(import.meta.url)('kafkajs/package.json');
  if (version === PATCHED_VERSION) return;
  throw new UsageError(
    `kafkajs ${version} is installed, and Wayward needs ${PATCHED_VERSION}, whose faults it mends from inside; run npm ci in Wayward's folder`,
  );
}
