import { hostname } from 'node:os';
import { healthDocuments } from '../../documents/health.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PlainWriter } from '../../kafka/plain-writer.ts';
import { VERSION } from '../../version.ts';
import { documentMessage } from './document-message.ts';
import { DOCUMENTS } from './topics.ts';

type Measurements = Parameters<typeof healthDocuments>[0];

export interface HealthStreamOptions {
  readonly kafka: Kafka;
  /** What has been measured since the call before. */
  readonly measurements: () => Measurements;
  readonly log: Log;
}

const EVERY = 10_000;
const PROCESS = `${hostname()}/${process.pid}`;

/** Tells every ten seconds how this process is, for the dashboard Pipeline. Returns what ends it. */
export async function startHealthStream({
  kafka,
  measurements,
  log,
}: HealthStreamOptions): Promise<() => Promise<void>> {
  const writer = await PlainWriter.open(kafka);
  measurements(); // what was restored is no growth
  const tell = async (): Promise<void> => {
    try {
      const documents = healthDocuments(measurements(), { process: PROCESS, version: VERSION, time: Date.now() });
      await writer.send(DOCUMENTS, documents.map(documentMessage));
    } catch (error) {
      log.warn({ err: error }, 'how this process is could not be told');
    }
  };
  const timer = setInterval(() => void tell(), EVERY);
  return async () => {
    clearInterval(timer);
    await writer.close();
  };
}
