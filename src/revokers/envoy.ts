import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CallError } from '../errors.ts';
import { httpUrl } from '../http-url.ts';
import { filterOf, reloadsOf } from './envoy-admin.ts';
import { type Denied, readDenied, render } from './envoy-denied.ts';
import { absolutePath, gatewaySpec } from './gateway-entry.ts';
import { holdFile } from './held-file.ts';
import { defineRevoker } from './revoker.ts';

/** Envoy sees the new file at once; a busy one needs a moment. */
const TAKEN_WITHIN_MS = 5_000;
const PAUSE_MS = 10;

const settingsSchema = z.strictObject({
  /** Envoy tells the form of a file from its ending. */
  denied: absolutePath
    .refine((path) => path.endsWith('.json'), 'must end with .json; rename it here and in path_config_source')
    .meta({ example: '/etc/envoy/wayward-denied.json' }),
  admin: httpUrl().meta({ example: 'http://127.0.0.1:9901' }),
  /** Where the filter before ours puts the credential's id. */
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'is no header in small letters; write such as x-credential-id')
    .default('x-credential-id'),
});
export type EnvoyGateway = z.infer<typeof settingsSchema>;

/**
 * Denies a credential's id in an RBAC filter of Wayward's own, which Envoy takes from a file of Wayward's own (ECDS): listeners and routes
 * stay whose they are. Envoy makes the filters anew for each request, so that connections that are open already are denied, too.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/extension
 */
export const envoy = defineRevoker({
  id: 'envoy',
  title: 'Envoy gateway key (RBAC filter from a file)',
  reversible: true,
  undo: 'wayward restore; by hand: put the file of docs/issuers.md in its place with mv',
  cannotStop:
    'a request, stream or WebSocket that has begun before, the key at a listener without the filter, and other gateways',
  needs:
    "to run beside Envoy, as a user who may write the filter's file and its folder, and reach Envoy's admin endpoint",
  testedAgainst: 'Envoy 1.40',
  settingsSchema,
  specSchema: gatewaySpec('envoy'),
  describe: ({ credential_id }) => `deny "${credential_id}" in Envoy's filter`,
  prepare(gateway, { credential_id: id }) {
    let isTaken = false;
    const change = async (edit: (ids: readonly string[]) => string[]): Promise<void> => {
      await write(gateway, edit);
      isTaken = true;
    };
    return {
      revoke: () => change((ids) => [...new Set([...ids, id])].sort()),
      restore: () => change((ids) => ids.filter((other) => other !== id)),
      async verify() {
        const { version, ids } = await filterOf(gateway.admin);
        const isDenied = ids.includes(id);
        const proof = `Envoy ${isDenied ? 'denies' : 'does not deny'} the id (version ${version})`;
        // What Envoy accepted may not have reached every worker thread yet; a writing that was waited for has.
        if (!isTaken) return { dead: false, proof: `${proof}, but maybe not on all its worker threads` };
        return { dead: isDenied, alive: !isDenied, proof: `${proof}, on all its worker threads` };
      },
    };
  },
});

/** Writes the file, also where nothing changes, and waits until each worker thread has taken it. */
const write = (
  { denied: path, admin, header }: EnvoyGateway,
  edit: (ids: readonly string[]) => string[],
): Promise<void> =>
  holdFile(path, async (file) => {
    const { ids } = readDenied(file.text, header, path);
    const next: Denied = { version: randomBytes(8).toString('hex'), ids: edit(ids) };
    let before: number;
    try {
      before = await reloadsOf(admin);
    } finally {
      await file.replace(render(next, header)); // an Envoy that is down takes it when it starts
    }
    await untilTaken(admin, next, before);
  });

async function untilTaken(admin: string, { version }: Denied, before: number): Promise<void> {
  const deadline = Date.now() + TAKEN_WITHIN_MS;
  for (;;) {
    const filter = await filterOf(admin);
    const hasIt = filter.version === version;
    if (hasIt && (await reloadsOf(admin)) > before) return;
    if (Date.now() > deadline) {
      const what = hasIt ? 'some of its worker threads have not taken' : 'it has not taken';
      throw new CallError(`Envoy was given a new file, but ${what} it; see its log and the path of its filter`, true);
    }
    await sleep(PAUSE_MS);
  }
}
