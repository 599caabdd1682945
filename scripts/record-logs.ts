/**
 * Writes logs of real servers into test/fixtures/logs: `node scripts/record-logs.ts [NAME …]`. A server that is not installed is named and left
 * out. Look at the difference, then write the golden files anew: UPDATE_GOLDEN=1 npm test -- test/formats
 */
import { writeFileSync } from 'node:fs';
import { MissingServer } from '../test/servers/require-server.ts';
import { recordApache } from './record/apache.ts';
import { recordHaproxy } from './record/haproxy.ts';
import { recordRedis } from './record/redis.ts';
import { recordSquid } from './record/squid.ts';

/** Each gives the logs that its server wrote, by file name. */
const RECORDERS: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
  apache: recordApache,
  haproxy: recordHaproxy,
  redis: recordRedis,
  squid: recordSquid,
};

const LOGS = new URL('../test/fixtures/logs/', import.meta.url);
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(RECORDERS)) {
  const record = RECORDERS[name];
  if (record === undefined) throw new RangeError(`there are ${Object.keys(RECORDERS).join(', ')}`);
  try {
    for (const [file, text] of Object.entries(await record())) {
      writeFileSync(new URL(file, LOGS), text);
      console.log(`${file}: ${text.split('\n').length - 1} lines`);
    }
  } catch (error) {
    if (!(error instanceof MissingServer)) throw error;
    console.log(`${name}: ${error.message}`);
  }
}
