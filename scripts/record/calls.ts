import { request } from 'node:http';
import { connect } from 'node:net';

const basic = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

const KEY = { 'x-api-key': 'key-billing-1' };

/** What is asked of a gateway: credentials that are right, wrong, unknown and not allowed, names claimed where nobody checks, and hostile texts. */
const CALLS: readonly Call[] = [
  { path: '/public/hello' },
  { path: '/public/claimed', headers: KEY },
  { path: '/public/claimed', headers: basic('agent-billing', 'pw-billing') },
  { path: '/api/orders/8812?page=2', headers: KEY },
  { path: '/api/orders', headers: { 'x-api-key': 'key-nobody' } },
  { path: '/api/orders' },
  { path: '/api/admin', headers: KEY },
  { path: '/api/orders', method: 'POST', headers: KEY },
  { path: '/basic/report', headers: basic('agent-billing', 'pw-billing') },
  { path: '/basic/report', headers: basic('agent-billing', 'wrong') },
  { path: '/basic/report', headers: basic('agent-ghost', 'x') },
  { path: '/basic/report', headers: basic('agent-tools', 'pw-tools') },
  { path: '/basic/report', headers: basic('x","user":"agent-billing', 'x') },
  { path: '/basic/report' },
  { path: '/api/%22,%22status%22:200/%C3%A4?q=%22', headers: KEY },
  { path: '/api/orders', headers: { ...KEY, 'user-agent': 'a"\\b","user":"agent-tools","x":"\u00e9' } },
];

/** Bytes that are no request. */
const NO_REQUEST = 'GET /api/orders HTTP/1.1\r\nHost x\r\n\r\n';

export async function callGateway(port: number): Promise<void> {
  for (const { path, method = 'GET', headers = {} } of CALLS) {
    await new Promise<void>((resolve, reject) => {
      const all = { 'user-agent': 'agent/1', ...headers };
      request({ host: '127.0.0.1', port, path, method, headers: all, agent: false }, (response) => {
        response.resume();
        response.once('end', resolve);
      })
        .once('error', reject)
        .end();
    });
  }
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(NO_REQUEST));
    socket.resume();
    socket.once('close', () => resolve()).once('error', reject);
  });
}
