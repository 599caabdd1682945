/**
 * Loaded before a real `wayward run` (`node --import`): once its secrets are there, it ends by an error that holds what is in
 * the file `WAYWARD_TEST_SECRET`, as the errors of clients do. Nothing of this is in Wayward itself.
 */
import { readFileSync } from 'node:fs';
import { LocalPipeline } from '../../src/pipeline/local.ts';

const secret = readFileSync(process.env.WAYWARD_TEST_SECRET ?? '', 'utf8');
const how = process.env.WAYWARD_TEST_CRASH;

function mistake(): Error {
  const cause = Object.assign(new TypeError(`bad header: Bearer ${secret}`), { config: { auth: secret } });
  return Object.assign(new Error(`cannot talk with ${secret}, or "${encodeURIComponent(secret)}"`, { cause }), {
    settings: { nested: { whatever: secret }, bytes: Buffer.from(secret) },
  });
}

LocalPipeline.prototype.run = () => {
  if (how === 'a thrown error') throw mistake();
  if (how === 'a rejection that nobody awaits') void Promise.reject(mistake());
  else
    setTimeout(() => {
      throw how === 'an error that nobody catches' ? mistake() : secret;
    });
  return new Promise(() => {});
};
