import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

interface Cluster {
  metadata(options: object): Promise<object | null>;
}

/** Node can't see it by name: kafkajs is CommonJS. */
const { KafkaJSConnectionError } = kafkajs;

/** Where no broker answers what topics there are, kafkajs falls over the answer (TypeError) and tries no more. */
export function sayThatNobodyAnswers(): void {
  const { prototype }: { prototype: Cluster } = createRequire(import.meta.url)('kafkajs/src/cluster');
  const { metadata } = prototype;
  prototype.metadata = async function metadataOrError(this: Cluster, options: object): Promise<object> {
    const found = await metadata.call(this, options);
    if (found === null) throw new KafkaJSConnectionError('No broker answered');
    return found;
  };
}
