import { refreshSecrets } from '../config/secrets.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { CallError } from '../errors.ts';
import { REVOKERS } from '../revokers/registry.ts';

/** How soon a password or token that was changed where it lies is used here. */
const EVERY_MS = 60_000;

type Kept = Pick<WaywardConfig, 'kafka' | 'sinks' | 'authensor' | 'response' | 'revokers'>;

/**
 * Fetches the secrets of what runs anew every minute, and keeps Wayward's own accounts at issuers alive. Whoever uses a
 * secret reveals it for each use, and tries again what was refused.
 * @returns what ends it
 */
export function keepFresh(config: Kept, warn: (message: string) => void, everyMs = EVERY_MS): () => void {
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void keepOnce(config, warn, everyMs / 2).finally(() => {
      isBusy = false;
    });
  }, everyMs).unref();
  return () => clearInterval(timer);
}

async function keepOnce(config: Kept, warn: (message: string) => void, olderThan: number): Promise<void> {
  const { kafka, sinks, authensor, response, revokers } = config;
  await refreshSecrets([kafka, sinks, authensor, response, revokers], olderThan);
  for (const { id, settingsOf = id, keep } of REVOKERS) {
    const settings = revokers[settingsOf];
    if (keep === undefined || settings === undefined) continue;
    try {
      await keep(settings);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      warn(`revokers.${settingsOf}: Wayward's own account could not be kept alive: ${error.message}`);
    }
  }
}
