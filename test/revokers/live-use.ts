import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

/** One request of a client that uses its key all the time. Times in milliseconds of `performance.now()`. */
interface Use {
  readonly began: number;
  readonly ended: number;
  /** 0 where there was no answer. */
  readonly status: number;
  /** Which one it was on its connection, from 1 on. */
  readonly onConnection: number;
}

export interface LiveUse {
  readonly uses: readonly Use[];
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** Half of them on connections that are kept open, half on a new one each time. */
const CLIENTS = 4;

/** An agent that uses a key all the time, until it is stopped. */
export function useAllTheTime(url: string, key: string): LiveUse {
  const uses: Use[] = [];
  let isOver = false;
  const client = async (keepAlive: boolean): Promise<void> => {
    const agent = new Agent({ keepAlive });
    while (!isOver) {
      const began = performance.now();
      const answer = await ask(url, { 'x-api-key': key }, agent);
      uses.push({ began, ended: performance.now(), ...answer });
    }
    agent.destroy();
  };
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index % 2 === 0));
  return {
    uses,
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

/** The status of an answer on a connection of its own; 0 without one. */
export const statusOf = async (url: string, key: string, headers: Record<string, string> = {}): Promise<number> =>
  (await ask(url, { ...headers, 'x-api-key': key }, new Agent())).status;

type Answer = Pick<Use, 'status' | 'onConnection'>;

const sentOn = new WeakMap<Socket, number>();

/** A server may close an idle connection as it is used: every client tries again then. */
async function ask(url: string, headers: Record<string, string>, agent: Agent): Promise<Answer> {
  for (;;) {
    const answer = await send(url, headers, agent);
    if (answer !== 'again') return answer;
  }
}

const send = (url: string, headers: Record<string, string>, agent: Agent): Promise<Answer | 'again'> =>
  new Promise((resolve) => {
    const sent = request(url, { headers, agent });
    let onConnection = 1;
    sent.once('socket', (socket) => {
      onConnection = (sentOn.get(socket) ?? 0) + 1;
      sentOn.set(socket, onConnection);
    });
    sent.once('response', (answer: IncomingMessage) => {
      answer.resume();
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, onConnection }));
      answer.once('error', () => resolve({ status: 0, onConnection }));
    });
    sent.once('error', () => resolve(sent.reusedSocket ? 'again' : { status: 0, onConnection }));
    sent.end();
  });
