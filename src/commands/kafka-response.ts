import { createKafka, requireKafka } from '../kafka/client.ts';
import type { KafkaSettings } from '../kafka/settings.ts';
import { requireTopics } from '../kafka/topics.ts';
import { Replica } from '../pipeline/kafka/replica.ts';
import { createResponse } from '../pipeline/response.ts';
import { markInFile } from '../response/audit.ts';
import type { CommandIo } from './io.ts';
import { kafkaOperator } from './kafka-operator.ts';
import { type Setup, secretContext } from './options.ts';
import type { OpenResponse } from './response.ts';

/** kafkajs tells of every attempt; a command says itself what came of it. */
const QUIET = { info() {}, warn() {}, error() {} };

/** Runs `work` on a copy of what the responders have written; what a person decides goes to the responder. */
export async function withKafkaResponse(
  setup: Setup,
  settings: KafkaSettings,
  io: CommandIo,
  work: (open: OpenResponse) => void | Promise<void>,
): Promise<void> {
  const { config, registry, fetchSecrets } = setup;
  await config.resolveSecrets(['kafka'], secretContext(io));
  await requireKafka(settings);
  const kafka = createKafka(settings, QUIET);
  await requireTopics(kafka, [kafka.names.topics.response, kafka.names.topics.control]);
  const replica = await Replica.open(kafka, config.state);
  try {
    await replica.catchUp();
    const { store } = replica;
    const response = createResponse(config, registry, store, fetchSecrets, (file) => markInFile(file, () => 0));
    await work({
      response,
      store,
      registry,
      console: config.console?.url,
      operator: kafkaOperator({ setup, kafka, replica, response, io }),
    });
  } finally {
    await replica.close();
  }
}
