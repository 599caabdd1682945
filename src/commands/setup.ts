import type { Command } from 'commander';
import type { CommandIo } from './io.ts';
import { addSetupElasticsearch } from './setup-elasticsearch.ts';
import { addSetupKafka } from './setup-kafka.ts';
import { addSetupKibana } from './setup-kibana.ts';

/** Each server that is made ready has a file of its own, and a line here. */
export function addSetup(program: Command, io: CommandIo): void {
  const setup = program
    .command('setup')
    .summary('Makes Kafka, Elasticsearch and Kibana ready for Wayward')
    .description('Makes the servers that Wayward writes to ready for it. Repeating it is harmless.');
  addSetupElasticsearch(setup, io);
  addSetupKafka(setup, io);
  addSetupKibana(setup, io);
}
