import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './ended.ts';
import { findProgram } from './find-program.ts';
import { watched, watchedFolder } from './watched.ts';

/** One tab of a real browser. */
export interface Tab {
  /** Does something that loads a page, and waits until that one has been read as a whole. */
  loads(act: () => Promise<unknown>): Promise<void>;
  open(url: string): Promise<void>;
  /** What an expression gives in the page, as JSON would have it. */
  evaluate(expression: string): Promise<unknown>;
  /** A method of the protocol, for what a page can't do to itself. */
  call(method: string, params: object): Promise<Readonly<Record<string, unknown>>>;
}

export interface Browser {
  /** A new one, with nothing remembered from others. */
  tab(): Promise<Tab>;
  stop(): Promise<void>;
}

/** Chromium without a window, driven as https://chromedevtools.github.io/devtools-protocol/ describes. */
export async function startChromium(): Promise<Browser> {
  const binary = findProgram('chromium', 'chromium');
  const profile = watchedFolder('chromium');
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
  ];
  const args = [...flags, `--user-data-dir=${profile}`, 'about:blank'];
  const child = watched(spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true }));
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Chromium ended early (${code})`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, found] = /^DevTools listening on (ws:\S+)$/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const call = await connect(address);
  return {
    async tab() {
      const { browserContextId } = await call('Target.createBrowserContext', {});
      const { targetId } = await call('Target.createTarget', { url: 'about:blank', browserContextId });
      const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
      const inTab = (method: string, params: object) => call(method, params, sessionId);
      const evaluate = async (expression: string): Promise<unknown> => {
        const { result } = await inTab('Runtime.evaluate', { expression, returnByValue: true });
        return (result as { value?: unknown }).value;
      };
      const loads = async (act: () => Promise<unknown>): Promise<void> => {
        await evaluate('wasBefore = true');
        await act();
        const isThere = () => evaluate('typeof wasBefore === "undefined" && document.readyState === "complete"');
        while (!(await isThere().catch(() => false))) await sleep(20); // there is no page while one follows another
      };
      return { evaluate, loads, call: inTab, open: (url) => loads(() => inTab('Page.navigate', { url })) };
    },
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Reply = Readonly<Record<string, unknown>>;
type Call = (method: string, params: object, sessionId?: unknown) => Promise<Reply>;

async function connect(address: string): Promise<Call> {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<Reply>>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data));
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error.message));
    waiting.delete(id);
  });
  let last = 0;
  return (method, params, sessionId) => {
    const reply = Promise.withResolvers<Reply>();
    waiting.set(++last, reply);
    socket.send(JSON.stringify({ id: last, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return reply.promise;
  };
}
