import { setTimeout as sleep } from 'node:timers/promises';
import { startNginx } from './nginx.ts';
import { startOwnPostgres } from './postgres.ts';
import { startTogether } from './start-together.ts';

/** For watched.servers.test.ts: starts servers, and then ends as its argument says, without a word to them. */
const [end] = process.argv.slice(2);
await startTogether({ nginx: startNginx, postgres: startOwnPostgres });
console.log('started');
if (end === 'exit') process.exit(1);
if (end === 'crash') throw new Error('a crash in a setup');
await sleep(600_000);
