import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Upstream {
  readonly port: number;
  /** What was asked for and is not answered yet: requests of /slow. */
  readonly held: readonly ServerResponse[];
  /** Answers them. */
  release(): void;
  stop(): Promise<void>;
}

const EXPORT = 'served, '.repeat(40_000);

/** What stands behind a gateway: answers 200, to /slow only when it is told to, and a lot to /export. */
export async function startUpstream(): Promise<Upstream> {
  const held: ServerResponse[] = [];
  const release = () => {
    for (const response of held.splice(0)) response.end('served');
  };
  const server = createServer((request, response) => {
    if (request.url === '/slow') held.push(response);
    else response.end(request.url === '/export' ? EXPORT : 'served');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    held,
    release,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
