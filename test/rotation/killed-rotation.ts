/**
 * Run by tests as a process of its own: makes a rotation and is killed before or after its nth call to PostgreSQL, MariaDB, a secret manager
 * or AWS. Without a number it goes to the end and prints how many calls there were, and after which of them something was noted:
 * elsewhere before a call and after the one before are the same.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { credentialOf } from '../response/response-of.ts';
import { checkedAccounts, type PlainAccounts } from './accounts.ts';
import { rotationsOf } from './rotations-of.ts';

/** What it is told, as JSON. */
export interface KilledRotation {
  readonly accounts: PlainAccounts;
  readonly rotate: { readonly with: string; readonly [field: string]: unknown };
  readonly id?: string;
  /** Ordered as a revocation. */
  readonly inResponse?: boolean;
}

const [when = '', number = '', folder = '', told = ''] = process.argv.slice(2);
const { accounts, rotate, id = 'cred-billing-pg', inResponse = false }: KilledRotation = JSON.parse(told);
let calls = 0;

async function counted<T>(call: () => Promise<T>): Promise<T> {
  const isLast = ++calls === Number(number);
  if (isLast && when === 'before') process.kill(process.pid, 'SIGKILL');
  try {
    return await call();
  } finally {
    if (isLast) process.kill(process.pid, 'SIGKILL'); // a refusal is an answer, too
  }
}

const { fetch } = globalThis;
globalThis.fetch = (...args) => counted(() => fetch(...args));
countMethods(pg.Client.prototype, 'connect', 'query');
const { createConnection } = mysql;
mysql.createConnection = (options: string | mysql.ConnectionOptions) =>
  counted(() => (typeof options === 'string' ? createConnection(options) : createConnection(options)));
countMethods(mysql.Connection.prototype, 'execute', 'query');
for (const { prototype } of [SecretsManagerClient, IAMClient, STSClient]) countMethods(prototype, 'send');

function countMethods(prototype: object, ...names: readonly string[]): void {
  for (const name of names) {
    const original: (...args: unknown[]) => Promise<unknown> = Reflect.get(prototype, name);
    Object.defineProperty(prototype, name, {
      value(this: unknown, ...args: unknown[]) {
        return counted(() => original.apply(this, args));
      },
    });
  }
}

const credential = credentialOf({ id, rotate, revoke: { with: 'rotation' } });
const rotations = rotationsOf([credential], await checkedAccounts(accounts), {}, { folder });
rotations.response.at(Date.now());
const { store } = rotations.response;
const noted: number[] = [];
const setSetting = store.setSetting.bind(store);
store.setSetting = (name, value) => {
  noted.push(calls);
  setSetting(name, value);
};
const { response } = rotations;
const worker = response.worker();
if (inResponse) await orderSteps(planFor([id], response.plan), 'ann', response);
else rotations.order();
const steps = () => (inResponse ? response.outbox.revocations(id) : rotations.steps(id));
for (let tick = 0; tick < 3 && steps()[0]?.doneAt === undefined; tick++) {
  await (inResponse ? worker.drain() : rotations.make());
  await sleep(5);
  rotations.response.at(rotations.response.now() + 400_000); // what waits, or is to be tried again, is due
}
process.stdout.write(JSON.stringify({ calls, noted }));
