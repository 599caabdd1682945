import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Longer than any limit of a tested server. */
const PATIENCE_MS = 10_000;

/** Lines of a request, each without its end; a body follows after an empty line. */
export const requestOf = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** The header of HTTP's Basic authentication. */
export const basic = (user: string, password: string): string =>
  `authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export interface RawRequest {
  readonly port: number;
  /** Byte for byte, since clients refuse to send what attackers send. */
  readonly text: string;
  readonly tls?: ConnectionOptions;
  /** Leaves without waiting for the answer. */
  readonly leavesAfter?: number;
}

/** Sends it to a loopback port, and gives the status of the answer; 0 where the server closed without one. */
export function sendRaw({ port, text, tls, leavesAfter = PATIENCE_MS }: RawRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      tls === undefined
        ? connect(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, ...tls });
    let answer = '';
    const leave = setTimeout(() => socket.destroy(), leavesAfter);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => socket.write(text));
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      // Envoy leaves a connection open for a second after it refused: it waits for the client to go.
      if (/^HTTP\/1\.[01] [45]/.test(answer) && answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Servers reset a connection whose request they have not read to its end.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => {
      clearTimeout(leave);
      resolve(Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0));
    });
  });
}

/** The same request many times, some at once. */
export async function flood(request: RawRequest, times: number): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let time = 0; time < times / LANES; time++) await sendRaw(request);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const LANES = 20;
