import { Names } from '../baselines/names.ts';
import { fingerprintKey } from '../config/fingerprint-key.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import type { CommandIo } from './io.ts';
import { secretContext } from './options.ts';

/** What a state that is kept names things by: a key derived from that of fingerprints. */
export async function namesOf(config: WaywardConfig, io: CommandIo): Promise<Names> {
  await config.resolveSecrets(['fingerprint_key'], secretContext(io));
  return new Names(fingerprintKey(config.fingerprintKey, config.state));
}
