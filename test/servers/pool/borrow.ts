import { get, type IncomingMessage } from 'node:http';
import { MissingServer } from '../require-server.ts';
import type { Told } from './service.ts';

/** Where the run's pool of servers is, if there is one. */
export const POOL_VARIABLE = 'WAYWARD_TEST_POOL';

interface Borrowed<Address> {
  readonly address: Address;
  /** It is cleaned for the next suite. */
  giveBack(): Promise<void>;
}

/**
 * A clean server of the run's pool, for this suite alone until it gives it back; undefined outside of a run, where whoever asks starts
 * one of its own. @throws MissingServer
 */
export async function borrow<Address>(kind: string): Promise<Borrowed<Address> | undefined> {
  const pool = process.env[POOL_VARIABLE];
  if (pool === undefined) return undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${pool}/${kind}`, { agent: false }, resolve).once('error', reject);
  });
  const told: Told = JSON.parse(await firstLineOf(response));
  if ('missing' in told) throw new MissingServer(told.missing);
  if ('failed' in told) throw new Error(`the pool has no ${kind}: ${told.failed}`);
  return {
    address: told.address as Address,
    async giveBack() {
      response.destroy();
    },
  };
}

/** Leaves the rest open. */
function firstLineOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.endsWith('\n')) resolve(text);
    });
    response.once('close', () => reject(new Error('the pool of servers is gone')));
    response.on('error', reject);
  });
}
