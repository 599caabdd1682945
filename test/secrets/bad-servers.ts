import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authority } from '../servers/kafka-security.ts';
import { plainCanary } from './canaries.ts';

/** A server that does harm to whoever shows what it says, on a loopback port. */
interface BadServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Of every session that an echo gives out as AWS does. */
export const SESSION_SECRETS = {
  secret: plainCanary('a secret key of a session'),
  token: plainCanary('a token of a session'),
};

/** Says back, with this status, all that it was told: method, path, headers and body, in the forms of the issuers' own errors. */
export const startEcho = (status: number): Promise<BadServer> =>
  listening(
    createServer(async (request, response) => {
      const said = await whole(request);
      const isAws = request.headers['x-amz-date'] !== undefined;
      const type = isAws ? 'text/xml' : 'application/json';
      const isLogin = said.includes('Action=AssumeRole');
      response
        .writeHead(isLogin ? 200 : status, { 'content-type': type })
        .end(isLogin ? SESSION : isAws ? xmlOf(said) : jsonOf(said));
    }),
  );

/** Stands before a server: passes on what reads, and says back what would change something. */
export async function startEchoOfWrites(target: string): Promise<BadServer & { readonly written: readonly string[] }> {
  const written: string[] = [];
  const server = await listening(
    createServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      const said = await whole(request);
      if (method !== 'GET') {
        written.push(said);
        response.writeHead(403, { 'content-type': 'application/json' }).end(jsonOf(said));
        return;
      }
      const token = String(headers['x-vault-token']);
      const answer = await fetch(new URL(url, target), { headers: { 'x-vault-token': token } });
      response.writeHead(answer.status).end(await answer.text());
    }),
  );
  return { ...server, written };
}

/** Says back every byte, in no protocol. */
export const startMirror = (): Promise<BadServer> =>
  listening(createTcpServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)));

/** Takes connections and never says a word. */
export const startSilence = (): Promise<BadServer> =>
  listening(createTcpServer((socket) => socket.on('error', () => socket.destroy()).resume()));

/** Speaks TLS with a certificate that nobody trusts. */
export async function startUntrusted(): Promise<BadServer> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-untrusted-'));
  try {
    const cert = readFileSync(authority(folder, 'untrusted'));
    const key = readFileSync(join(folder, 'untrusted.key'));
    return await listening(createTlsServer({ cert, key }, (_, to) => to.end()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function whole(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  // First what is worth most: messages are cut.
  const isTelling = (header: string) => /^(?!authorization: aws).*(auth|token)/i.test(header);
  const [first, rest] = [headers.filter(isTelling), headers.filter((header) => !isTelling(header))];
  return [...first, Buffer.concat(chunks).toString(), ...rest, `${request.method} ${request.url}`].join('\n');
}

const jsonOf = (said: string): string =>
  JSON.stringify({
    error: { code: 'FORBIDDEN', status: 'PERMISSION_DENIED', message: said },
    errors: [said],
    error_description: said,
    message: said,
  });

const xmlOf = (said: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${escaped(said)}</Message></Error></ErrorResponse>`;

const SESSION = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>${SESSION_SECRETS.secret.value}</SecretAccessKey><SessionToken>${SESSION_SECRETS.token.value}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

async function listening(server: Server): Promise<BadServer> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
