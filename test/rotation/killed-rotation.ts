/**
 * Run by postgres-password.test.ts as a process of its own: makes a rotation and is killed before or after its nth call to PostgreSQL
 * or Vault. Without a number it goes to the end and prints how many calls there were, and
 * after which of them something was noted: elsewhere before a call and after the one before are the same.
 */
import pg from 'pg';
import { credentialOf } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { rotationsOf } from './rotations-of.ts';

const [
  when = '',
  number = '',
  folder = '',
  postgresUrl = '',
  vaultUrl = '',
  token = '',
  role = '',
  id = 'cred-billing-pg',
] = process.argv.slice(2);
let calls = 0;

async function counted<T>(call: () => Promise<T>): Promise<T> {
  const isLast = ++calls === Number(number);
  if (isLast && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await call();
  if (isLast) process.kill(process.pid, 'SIGKILL');
  return result;
}

const { fetch } = globalThis;
globalThis.fetch = (...args) => counted(() => fetch(...args));
const { prototype } = pg.Client;
for (const name of ['connect', 'query'] as const) {
  const original: (...args: unknown[]) => Promise<unknown> = prototype[name];
  Object.defineProperty(prototype, name, {
    value(this: pg.Client, ...args: unknown[]) {
      return counted(() => original.apply(this, args));
    },
  });
}

const settings = {
  postgres: { url: await secretOf(postgresUrl) },
  vault: { url: vaultUrl, token: await secretOf(token) },
};
const secret = `secret://vault/secret/data/${role}#password`;
const credential = credentialOf({ id, rotate: { with: 'postgres-password', role, secret } });
const rotations = rotationsOf([credential], settings, {}, { folder });
rotations.response.at(Date.now());
const { store } = rotations.response;
const noted: number[] = [];
const setSetting = store.setSetting.bind(store);
store.setSetting = (name, value) => {
  noted.push(calls);
  setSetting(name, value);
};
rotations.order();
await rotations.make();
process.stdout.write(JSON.stringify({ calls, noted }));
