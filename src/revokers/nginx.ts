import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { request } from '../http.ts';
import type { Verification } from '../response/action.ts';
import { editFile, readText } from './edit-file.ts';
import { entriesOf, type MapEntry, withConsumer, withoutConsumer } from './nginx-map.ts';
import { defineRevoker } from './revoker.ts';
import { runProgram } from './run-program.ts';

const RELOAD_TIMEOUT_MS = 10_000;
/** nginx answers a reload at once and carries it out a moment later. */
const RELOADED_WITHIN_MS = 3_000;
const PAUSE_MS = 40;
/** Only the status counts. */
const MAX_ANSWER_BYTES = 1024;

const absolute = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'is not an absolute path; write it from / on');
const program = z
  .array(
    z
      .string()
      .min(1)
      .regex(/^[^\0]*$/),
  )
  .min(1)
  .max(64);

const settingsSchema = z
  .strictObject({
    map_file: absolute.meta({ example: '/etc/nginx/keys.map' }),
    pid_file: absolute.optional(),
    reload: program.optional(),
    probe: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        header: z
          .string()
          .regex(/^[\w-]{1,64}$/)
          .default('x-api-key'),
        /** A key of Wayward's own in the same map. */
        key: secretSchema,
      })
      .optional(),
  })
  .refine(({ pid_file, reload }) => (pid_file === undefined) !== (reload === undefined), {
    error: 'needs one way to reload nginx; write pid_file: /run/nginx.pid, or reload: [nginx, -s, reload]',
  });
type Gateway = z.infer<typeof settingsSchema>;
type Probe = NonNullable<Gateway['probe']>;

/**
 * Takes a consumer's keys out of the file that nginx maps keys to consumers with, and reloads nginx. Proven by asking the
 * gateway: the keys must be answered as a key that nobody has, while Wayward's own is answered otherwise.
 */
export const nginx = defineRevoker({
  id: 'nginx',
  title: 'nginx gateway key (map file)',
  reversible: true,
  undo: 'wayward restore; by hand: remove "#wayward-revoked " before the entry, and reload nginx',
  cannotStop: 'a request or WebSocket that is under way, and the same key in another file',
  needs: 'to write the map file and its folder, and to reload nginx; for the proof a key of its own in the map',
  settingsSchema,
  specSchema: z.strictObject({
    with: z.literal('nginx'),
    consumer: z
      .string()
      .min(1)
      .max(256)
      .regex(/^\P{Cc}*$/u, 'has a control character; write it without'),
  }),
  describe: ({ consumer }) =>
    `take the keys of consumer ${JSON.stringify(consumer)} out of nginx's map file, and reload nginx`,
  prepare(gateway, { consumer }) {
    const change = async (edit: (text: string, consumer: string) => string): Promise<void> => {
      await editFile(gateway.map_file, (text) => {
        expectEntries(entriesOf(text, consumer), consumer, gateway.probe?.key);
        return edit(text, consumer);
      });
      await reload(gateway); // also where nothing changed: an attempt before may have ended in between
    };
    return {
      revoke: () => change(withoutConsumer),
      restore: () => change(withConsumer),
      verify: () => readBack(gateway, consumer),
    };
  },
});

function expectEntries(entries: readonly MapEntry[], consumer: string, own: Secret | undefined): void {
  if (entries.length === 0) throw new CallError(`${noEntry(consumer)}: check the registry`, false);
  if (own !== undefined && entries.some(({ key }) => key === own.reveal()))
    throw new CallError("this consumer has Wayward's own key: give Wayward one of its own", false);
}

const noEntry = (consumer: string): string => `the map file has no entry for consumer ${JSON.stringify(consumer)}`;

async function reload({ pid_file, reload: argv }: Gateway): Promise<void> {
  if (pid_file !== undefined) return hangUp(await readText(pid_file), pid_file);
  const end = await runProgram({
    name: 'nginx reload',
    argv: argv ?? [],
    env: {},
    secrets: [],
    timeoutMs: RELOAD_TIMEOUT_MS,
  });
  if (end.code !== 0) throw new CallError(`nginx reload ended with ${end.code}: ${end.output}`, true);
}

/** https://nginx.org/en/docs/control.html */
function hangUp(written: string, file: string): void {
  const pid = Number(/^\s*(\d{1,9})\s*$/.exec(written)?.[1] ?? 0);
  if (pid < 1 || !isNginx(pid)) throw new CallError(`${file} names no running nginx`, true);
  try {
    process.kill(pid, 'SIGHUP');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CallError(`nginx cannot be told to reload (${code})`, code !== 'EPERM');
  }
}

/** An old pid file may name another process by now. Only Linux tells. */
function isNginx(pid: number): boolean {
  if (!existsSync('/proc/self/comm')) return true;
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'nginx';
  } catch {
    return false; // no such process
  }
}

async function readBack({ map_file, probe }: Gateway, consumer: string): Promise<Verification | undefined> {
  const entries = entriesOf(await readText(map_file), consumer);
  if (entries.length === 0) return { dead: false, proof: noEntry(consumer) };
  const isOut = entries.every(({ isRevoked }) => isRevoked);
  if (probe === undefined) return isOut ? undefined : { dead: false, proof: 'the map file still has its key' };
  const isIn = entries.every(({ isRevoked }) => !isRevoked);
  const deadline = Date.now() + RELOADED_WITHIN_MS;
  for (;;) {
    const { unknown, own, keys } = await ask(probe, entries);
    const others = `${own} to Wayward's own, and ${unknown} to one that nobody has`;
    const proof = `the gateway answers ${[...new Set(keys)].join(', ')} to its key, ${others}`;
    if (isOut && keys.every((status) => status === unknown)) return { dead: true, proof };
    if (isIn && keys.every((status) => status !== unknown)) return { dead: false, alive: true, proof };
    if (Date.now() > deadline) return { dead: false, proof: isOut ? proof : `the map file still has a key; ${proof}` };
    await sleep(PAUSE_MS);
  }
}

/** The statuses that the gateway gives to a key that nobody has, to Wayward's own, and to these. */
async function ask(
  probe: Probe,
  entries: readonly MapEntry[],
): Promise<{ unknown: number; own: number; keys: number[] }> {
  const unknown = await statusFor(probe, randomBytes(24).toString('hex'));
  const own = await statusFor(probe, probe.key.reveal());
  if (unknown < 400 || own === unknown) {
    throw new CallError(
      `the probe proves nothing: the gateway answers ${own} to Wayward's own key and ${unknown} to one that nobody has; check revokers.nginx.probe`,
      true,
    );
  }
  return { unknown, own, keys: await Promise.all(entries.map(({ key }) => statusFor(probe, key))) };
}

async function statusFor({ url, header }: Probe, key: string): Promise<number> {
  const answer = await request({
    service: 'gateway',
    method: 'GET',
    url,
    // A connection of its own: one that is kept alive may still end at a worker from before the reload.
    headers: { [header]: key, connection: 'close' },
    maxBytes: MAX_ANSWER_BYTES,
    secrets: [key],
  });
  return answer.status;
}
