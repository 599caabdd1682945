import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Call {
  readonly credential: string;
  /** The idempotency key. */
  readonly id: string;
}

export interface Issuer {
  readonly url: string;
  /** Revocations that were asked for. */
  readonly calls: readonly Call[];
  /** Credentials that are dead. */
  readonly dead: ReadonlySet<string>;
  /** Gives it out anew: it works again. */
  reissue(credential: string): void;
  /** From here on: what is revoked before the answer is held back for good, if it is revoked at all. */
  hold(what: 'before the effect' | 'after the effect' | 'nothing'): void;
  stop(): Promise<void>;
}

/** An issuer on a loopback port that the webhook revoker can ask: kills credentials and says which are dead. */
export async function startIssuer(): Promise<Issuer> {
  const calls: Call[] = [];
  const dead = new Set<string>();
  let held = 'nothing';
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, subject } = JSON.parse(Buffer.concat(chunks).toString());
    if (request.url === '/verify') {
      response.end(JSON.stringify({ dead: dead.has(subject) }));
      return;
    }
    calls.push({ credential: subject, id });
    if (held === 'before the effect') return;
    dead.add(subject);
    if (held === 'after the effect') return;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    dead,
    reissue: (credential) => void dead.delete(credential),
    hold(what) {
      held = what;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
