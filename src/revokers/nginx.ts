import { z } from 'zod';
import { CallError } from '../errors.ts';
import { request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import type { Verification } from '../response/action.ts';
import { absolutePath, gatewaySpec } from './gateway-entry.ts';
import { type HeldFile, holdFile, readText } from './held-file.ts';
import { allowing, denies, denying } from './nginx-denied.ts';
import {
  areEnding,
  comeToEnd,
  endingWorkers,
  masterOf,
  type RunningProcess,
  stillRunning,
  workersOf,
} from './nginx-processes.ts';
import { defineRevoker } from './revoker.ts';
import { runProgram } from './run-program.ts';

/** With the wait for the lock, a call stays within the 20 s that it has. */
const PROGRAM_TIMEOUT_MS = 4_000;
const RELOADED_WITHIN_MS = 4_000;
/** Longer than the `worker_shutdown_timeout` that docs/issuers.md asks for. */
const WORKERS_END_WITHIN_MS = 12_000;
const PROBE_TIMEOUT_MS = 4_000;
const MAX_ANSWER_BYTES = 64;

const program = z.array(z.string().min(1).max(1024)).min(1).max(64);

const settingsSchema = z.strictObject({
  denied: absolutePath.meta({ example: '/etc/nginx/wayward-denied.map' }),
  pid: absolutePath.default('/run/nginx.pid'),
  /** Checks nginx's configuration. */
  test: program.default(['nginx', '-t']),
  /** Instead of a HUP to the master process. */
  reload: program.optional(),
  /** Where nginx itself says of an id, put at its end, whether its map denies it: `1` or `0`. */
  probe: httpUrl().meta({ example: 'http://127.0.0.1:8089/wayward/denied/' }),
});
export type NginxGateway = z.infer<typeof settingsSchema>;

/**
 * Denies a credential's id in a map that nginx includes, and reloads nginx. A reload starts new workers beside the old ones, which go on
 * with the old map for what they have accepted: the proof waits until each of these has ended, and then asks nginx itself.
 * https://nginx.org/en/docs/control.html#reconfiguration
 */
export const nginx = defineRevoker({
  id: 'nginx',
  title: 'nginx gateway key (map of denied ids)',
  reversible: true,
  undo: "remove the credential's line from the map, and reload nginx",
  cannotStop: 'the key at a server block that does not ask the map, and at other gateways',
  needs:
    'to run beside nginx on Linux, as a user who may write the map and its folder, run nginx -t, and signal the master (or run the reload command)',
  testedAgainst: 'nginx 1.22',
  settingsSchema,
  specSchema: gatewaySpec('nginx'),
  describe: ({ credential_id }) => `deny "${credential_id}" in nginx's map, and reload nginx`,
  prepare: (gateway, { credential_id: id }) => ({
    revoke: () => change(gateway, (text) => denying(text, id)),
    restore: () => change(gateway, (text) => allowing(text, id)),
    verify: () => readBack(gateway, id),
  }),
});

interface Reload {
  /** What the map held. */
  readonly text: string;
  /** The workers that knew nothing of it. */
  readonly old: readonly RunningProcess[];
}

/** The last one of each gateway by this process. Without one there is no telling which workers are old: then it is made anew. */
const reloads = new WeakMap<NginxGateway, Reload>();

const change = (gateway: NginxGateway, edit: (text: string) => string): Promise<void> =>
  holdFile(gateway.denied, async (file) => {
    const text = edit(file.text);
    // Repeated while old workers still finish: another reload would only add more of them.
    const last = reloads.get(gateway);
    if (last?.text === text && text === file.text && areEnding(last.old)) return;
    await writeTested(gateway, file, text);
    const master = masterOf(gateway.pid);
    const old = await workersOf(master);
    await reload(gateway, master);
    reloads.set(gateway, { text, old });
    // Held until then: workers that a reload is yet to start would be missing where the next change counts the old ones.
    if (!(await comeToEnd(old, Date.now() + RELOADED_WITHIN_MS)))
      throw new CallError('nginx has not carried out the reload yet: see its error log', true);
  });

/** Where nginx would not take its configuration, the map is what it was. */
async function writeTested({ test }: NginxGateway, file: HeldFile, text: string): Promise<void> {
  await file.replace(text);
  try {
    await run("nginx's configuration test", test);
  } catch (error) {
    await file.replace(file.text);
    throw error;
  }
}

async function reload({ reload: argv }: NginxGateway, { pid }: RunningProcess): Promise<void> {
  if (argv !== undefined) return run('the reload of nginx', argv);
  try {
    process.kill(pid, 'SIGHUP');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EPERM')
      throw new CallError(`Wayward may not signal nginx (${pid}): run it as root, or set revokers.nginx.reload`, false);
    throw new CallError(`nginx (${pid}) cannot be told to reload (${code})`, true);
  }
}

async function run(name: string, argv: readonly string[]): Promise<void> {
  const { code, output } = await runProgram({ name, argv, env: {}, secrets: [], timeoutMs: PROGRAM_TIMEOUT_MS });
  // What nginx quotes may be a key of the map beside ours.
  if (code !== 0) throw new CallError(`${name} ended with ${code}: ${output.replaceAll(/"[^"]*("|$)/g, '"…"')}`, true);
}

async function readBack(gateway: NginxGateway, id: string): Promise<Verification> {
  const isDenied = denies(await readText(gateway.denied), id);
  const last = reloads.get(gateway);
  if (last === undefined || denies(last.text, id) !== isDenied)
    return { dead: false, proof: 'this Wayward has not reloaded nginx with the map as it is now' };
  // A worker that nginx made anew after the count, since one had crashed, is as old, and shows by now that it ends.
  const old = new Map([...last.old, ...endingWorkers(masterOf(gateway.pid))].map((worker) => [worker.pid, worker]));
  const left = await stillRunning([...old.values()], Date.now() + WORKERS_END_WITHIN_MS);
  if (left.length > 0) {
    const pids = left.map(({ pid }) => pid).join(', ');
    const proof = `workers from before the reload still serve connections (${pids}); worker_shutdown_timeout ends them`;
    return { dead: false, proof };
  }
  const saysDenied = await asksDenied(gateway, id);
  const proof = `nginx says that it ${saysDenied ? 'denies' : 'does not deny'} the id; all ${last.old.length} workers from before the reload have ended`;
  if (saysDenied !== isDenied)
    return { dead: false, proof: `${proof}, but its map is not the one in ${gateway.denied}` };
  return { dead: isDenied, alive: !isDenied, proof };
}

async function asksDenied({ probe }: NginxGateway, id: string): Promise<boolean> {
  const { status, text } = await request({
    service: 'the probe of nginx',
    method: 'GET',
    url: `${probe}${encodeURIComponent(id)}`,
    headers: {},
    timeoutMs: PROBE_TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
    secrets: [],
  });
  const said = text.trim();
  if (status !== 200 || !['0', '1'].includes(said))
    throw new CallError(`the probe of nginx answered ${status}, not 0 or 1: check revokers.nginx.probe`, true);
  return said === '1';
}
