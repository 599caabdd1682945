import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MissingServer } from '../require-server.ts';
import type { Loan, ServerPool } from './pool.ts';

/** One line of JSON: what a worker is told that asked for a server. */
export type Told =
  | { readonly address: object }
  /** Not installed here: what, and how to get it. */
  | { readonly missing: string }
  | { readonly failed: string };

/**
 * Lends servers over HTTP on a loopback port: `GET /KIND` is answered with one line once there is one, and the loan lasts until the
 * connection ends, so that a worker that is killed keeps nothing. Its address goes to the workers by the environment.
 */
export async function lendOverHttp<Kind extends string>(
  pool: ServerPool<Kind>,
  isKind: (text: string) => text is Kind,
) {
  const service = createServer(async (request, response) => {
    const kind = request.url?.slice(1) ?? '';
    if (!isKind(kind)) return void response.writeHead(404).end();
    let isGone = false;
    response.once('close', () => {
      isGone = true;
    });
    try {
      const loan = await pool.lend(kind);
      if (isGone) loan.giveBack();
      else tell(response, loan);
    } catch (error) {
      const told: Told = error instanceof MissingServer ? { missing: error.message } : { failed: String(error) };
      response.end(`${JSON.stringify(told)}\n`);
    }
  });
  service.listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    stop(): Promise<void> {
      service.closeAllConnections();
      return new Promise((resolve) => service.close(() => resolve()));
    },
  };
}

function tell(response: ServerResponse, { address, giveBack }: Loan): void {
  response.once('close', giveBack);
  response.write(`${JSON.stringify({ address } satisfies Told)}\n`);
}
