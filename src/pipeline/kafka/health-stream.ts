import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PlainWriter } from '../../kafka/plain-writer.ts';
import { HEALTH_EVERY, type Measurements, ownHealth } from '../health.ts';
import { documentMessage } from './document-message.ts';

export interface HealthStreamOptions {
  readonly kafka: Kafka;
  /** What has been measured since the call before. */
  readonly measurements: () => Measurements;
  readonly log: Log;
}

/** Tells every ten seconds how this process is, for the dashboard Pipeline. */
export async function startHealthStream({
  kafka,
  measurements,
  log,
}: HealthStreamOptions): Promise<{ stop(): Promise<void> }> {
  const writer = await PlainWriter.open(kafka);
  const { documents } = kafka.names.topics;
  measurements(); // what was restored is no growth
  const tell = async (): Promise<void> => {
    try {
      const own = ownHealth(measurements()).map((document) => documentMessage(documents, document));
      await writer.send(documents, own);
    } catch (error) {
      log.warn({ err: error }, 'how this process is could not be told');
    }
  };
  const timer = setInterval(() => void tell(), HEALTH_EVERY);
  return {
    async stop() {
      clearInterval(timer);
      await writer.close();
    },
  };
}
