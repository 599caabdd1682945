import { loadConfig } from '../../src/config/wayward-yaml.ts';
import type { KafkaSettings } from '../../src/kafka/settings.ts';
import { temporaryFile } from '../config/temp.ts';

/** `kafka:` of wayward.yaml, read by the real loader; `secrets` are what `secret://env/NAME` refers to. */
export async function settingsOf(kafka: object, secrets: Record<string, string> = {}): Promise<KafkaSettings> {
  const config = loadConfig(temporaryFile('wayward.yaml', JSON.stringify({ kafka })));
  await config.resolveSecrets(['kafka'], { env: secrets, warn() {} });
  if (config.kafka === undefined) throw new Error('there is no kafka: in it');
  return config.kafka;
}
