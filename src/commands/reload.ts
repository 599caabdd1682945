import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { createKafka, requireKafka } from '../kafka/client.ts';
import type { KafkaSettings } from '../kafka/settings.ts';
import { requireTopics } from '../kafka/topics.ts';
import { publishReload } from '../pipeline/kafka/publish-command.ts';
import { Store } from '../sinks/store.ts';
import { idleExceptions } from './idle-exceptions.ts';
import { type CommandIo, warn } from './io.ts';
import { askForReload } from './local-reload.ts';
import {
  configOption,
  credentialsOption,
  detectorsOption,
  loadSetupAndRules,
  type SetupOptions,
  secretContext,
  withExample,
} from './options.ts';
import { asOption, whoDecides } from './response.ts';

interface ReloadOptions extends SetupOptions {
  readonly detectors?: string;
  readonly as?: string;
}

/** kafkajs tells of every attempt; a command says itself what came of it. */
const QUIET = { info() {}, warn() {}, error() {} };

export function addReload(program: Command, io: CommandIo): void {
  const command = program
    .command('reload')
    .summary('Has the service take the registry and the detectors anew')
    .description(
      'Checks the registry and the detectors, and has the running service go on with them: what was learned and decided stays.\n' +
        'On Kafka it is said to all processes, each of which needs the same files. wayward.yaml itself is read at a restart only.',
    )
    .addOption(asOption())
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(detectorsOption())
    .action((options: ReloadOptions) => run(options, io));
  withExample(command, 'wayward reload', 'wayward reload --as ann --config /etc/wayward/wayward.yaml');
}

async function run(options: ReloadOptions, io: CommandIo): Promise<void> {
  const { config, rules, registry } = loadSetupAndRules(options, io);
  for (const idle of idleExceptions(rules.loaded, registry)) warn(io, idle);
  const asked = { id: randomUUID(), by: whoDecides(options.as), hash: rules.hash };
  const what = `${registry.credentials.length} credentials, ${rules.detectors.length} detectors, hash ${rules.hash.slice(0, 12)}`;
  if (config.kafka !== undefined) {
    await config.resolveSecrets(['kafka'], secretContext(io));
    await sayOnKafka(asked, config.kafka);
    io.stderr.write(`Ordered: ${what}. A process whose files differ goes on as it was, and says so in /healthz.\n`);
    return;
  }
  const store = new Store(config.state);
  try {
    await askForReload(asked, store, io);
  } finally {
    store.close();
  }
  io.stderr.write(`Reloaded: ${what}.\n`);
}

async function sayOnKafka(asked: Parameters<typeof publishReload>[0], settings: KafkaSettings): Promise<void> {
  await requireKafka(settings);
  const kafka = createKafka(settings, QUIET);
  await requireTopics(kafka, [kafka.names.topics.control]);
  await publishReload(asked, kafka);
}
