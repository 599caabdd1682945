import { z } from 'zod';
import type { RevokeSpec } from '../../src/attribution/credential.ts';
import type { Revoker } from '../../src/response/action.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';
import type { Store } from '../../src/sinks/store.ts';

/** The revokers as a later version may have them: each describes its steps in other words, and takes a field that has a default. */
export const rewordedRevokers = (): readonly Revoker[] => REVOKERS.map(reworded);

const reworded = (revoker: Revoker): Revoker => ({
  ...revoker,
  specSchema: z.unknown().transform((written, context) => {
    const { added = 'by default', ...known } = written as Record<string, unknown>;
    const checked = revoker.specSchema.safeParse(known);
    for (const issue of checked.error?.issues ?? []) context.addIssue({ ...issue });
    return { ...(checked.data as object), added };
  }),
  describe: (spec) => `in other words: ${revoker.describe(without(spec))}`,
  prepare: (settings, spec) => revoker.prepare(settings, without(spec)),
});

function without(spec: unknown): unknown {
  const { added: _, ...known } = spec as Record<string, unknown>;
  return known;
}

/** Makes rows what a version wrote that knew steps by their words only: the words of then, whatever today's are. */
export function asWordsOnly(store: Store): void {
  for (const { key, action, spec } of store.all('SELECT key, action, spec FROM outbox WHERE spec IS NOT NULL')) {
    const written: RevokeSpec = JSON.parse(String(spec));
    const words = REVOKERS.find(({ id }) => id === written.with)?.describedBefore?.(written);
    if (words === undefined) throw new Error(`the words of ${written.with} are not kept`);
    store.run('UPDATE outbox SET detail = ? WHERE key = ?', action === 'restore' ? `undo: ${words}` : words, key ?? '');
  }
  store.run(
    `UPDATE outbox SET step = NULL, spec = NULL, kind = NULL, origin = NULL, waits = NULL,
       position = iif(kind = 'page', 100, position)`,
  );
}
