import { createServer } from 'node:net';

/** Below every range from which Linux (32768), macOS and Windows (49152) give outgoing connections a port, and above what `fetch` refuses. */
const LOWEST = 11_000;
const HIGHEST = 32_767;
const TRIES = 50;

/**
 * A loopback port that the system says is free, for servers that can't be told to choose one themselves. Not one that the
 * system chose: while such a server is started again, an outgoing connection may take its port.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${TRIES} ports between ${LOWEST} and ${HIGHEST} is free`);
}

/** Whether a server can listen there. Rejects if that fails for another reason than a port in use. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
