import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** PostgreSQL's protocol 3.0 as far as a client gets without a password (manual, 55.7). */

const PROTOCOL = 196_608;
/** Where strangers come from: outside of every victim's declared network, and in no hba entry for replication. */
const STRANGER = '127.0.0.2';
/** NAMEDATALEN - 1: the server cuts off what is longer. */
export const MAX_NAME = 63;

export type StartUp = Readonly<Record<string, string>> & { readonly user: string; readonly database: string };
/** What the client says next, from what the server sent last. */
export type Answer = (received: Buffer) => Buffer;

function startUpPacket(parameters: StartUp): Buffer {
  const text = Object.entries(parameters).flat().join('\0');
  const body = Buffer.from(`${text}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(PROTOCOL, 4);
  return Buffer.concat([head, body]);
}

export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** SASLInitialResponse: the first thing a client says to a server that wants SCRAM. */
export function saslFirst(text: string, mechanism = 'SCRAM-SHA-256'): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return message('p', Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(text)]));
}

/** All that SCRAM asks for, with a proof that no password gives. */
export const wrongPassword = (): Answer[] => [
  () => saslFirst('n,,n=,r=a-nonce-of-the-attacker'),
  (received) => {
    const nonce = /r=([^,]+),/.exec(received.toString('latin1'))?.[1] ?? '';
    return message('p', Buffer.from(`c=biws,r=${nonce},p=${randomBytes(32).toString('base64')}`));
  },
];

const SQLSTATE = /\0C([0-9A-Z]{5})\0/;

/** Tries to open a session; resolves to the SQLSTATE that refused it, once the server has closed the connection. */
export async function knock(port: number, parameters: StartUp, answers: readonly Answer[] = []): Promise<string> {
  const socket = await open(port, parameters);
  const left = [...answers];
  return await new Promise((resolve, reject) => {
    let last = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      last = chunk;
      const answer = last[0] === 'R'.charCodeAt(0) ? left.shift() : undefined;
      if (answer !== undefined) socket.write(answer(last));
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(SQLSTATE.exec(last.toString('latin1'))?.[1] ?? ''));
  });
}

/** A connection that has sent its start-up packet and stays silent. */
async function open(port: number, parameters: StartUp): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port, localAddress: STRANGER });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.write(startUpPacket(parameters));
  return socket;
}

/** Does it so many times, some at once; resolves to how often each outcome came. */
export async function repeat(times: number, work: (at: number) => Promise<string>): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) {
      const outcome = await work(next++);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return outcomes;
}

/** Takes all connections by ones that stay silent, and knocks until it was refused for that so many times. */
export async function whileFull(
  { port, slots }: { readonly port: number; readonly slots: number },
  login: StartUp,
  times: number,
  tryOnce: () => Promise<string>,
): Promise<void> {
  // They log nothing when they are hung up.
  const silent = await Promise.all(Array.from({ length: slots }, () => open(port, login)));
  let refused = 0;
  try {
    await until('the server takes no more clients', async () => {
      if ((await tryOnce()) === '53300') refused++;
      // One that was refused itself, since an earlier session was still ending, left a place free.
      else silent.push(await open(port, login));
      return refused === times;
    });
  } finally {
    for (const socket of silent) socket.destroy();
  }
}

const PATIENCE_MS = 120_000;

/** Does it again and again until it gives true; rejects after two minutes, with what was awaited. */
export async function until(what: string, fits: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await fits()); await sleep(20))
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${what}`);
}
