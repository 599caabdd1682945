import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** The way to a server: down until `up`, as seen by whoever connects to its port. */
export interface Link {
  readonly port: number;
  up(): Promise<void>;
  /** Ends every connection. */
  down(): Promise<void>;
}

/** A loopback port that leads to another one. */
export async function linkTo(target: number): Promise<Link> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('close', () => sockets.delete(one)).on('error', () => one.destroy());
    }
    socket.pipe(onward).pipe(socket);
  });
  return {
    port,
    up: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    down() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
