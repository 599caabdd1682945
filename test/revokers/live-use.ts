import { Agent, type IncomingMessage, request } from 'node:http';

/** One request of a client that uses its key all the time. Times in milliseconds of `performance.now()`. */
export interface Use {
  readonly began: number;
  readonly ended: number;
  /** 0 where there was no answer. */
  readonly status: number;
}

export interface LiveUse {
  readonly uses: readonly Use[];
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** Half of them on connections that are kept open, half on a new one each time. */
const CLIENTS = 4;

/** Agents that use a key all the time, until they are stopped. */
export function useAllTheTime(url: string, key: string): LiveUse {
  const uses: Use[] = [];
  let isOver = false;
  const client = async (keepAlive: boolean): Promise<void> => {
    const agent = new Agent({ keepAlive });
    while (!isOver) {
      const began = performance.now();
      const status = await statusOf(url, key, agent);
      uses.push({ began, ended: performance.now(), status });
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

/** The answer's status; 0 without one. A server may close an idle connection as it is used: every client tries again then. */
export async function statusOf(url: string, key: string, agent?: Agent): Promise<number> {
  for (;;) {
    const answer = await send(url, key, agent);
    if (answer !== 'again') return answer;
  }
}

const send = (url: string, key: string, agent: Agent | undefined): Promise<number | 'again'> =>
  new Promise((resolve) => {
    const sent = request(url, { headers: { 'x-api-key': key }, ...(agent === undefined ? {} : { agent }) });
    sent.once('response', (answer: IncomingMessage) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
      answer.once('error', () => resolve(0));
    });
    sent.once('error', () => resolve(sent.reusedSocket ? 'again' : 0));
    sent.end();
  });
