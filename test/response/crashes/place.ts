import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { CrashIssuer, LiveCredential } from './issuers.ts';

export interface Place {
  readonly revoker: string;
  readonly credential: LiveCredential;
  readonly issuer: Pick<CrashIssuer, 'settings' | 'secrets'>;
  /** Further parts of wayward.yaml. */
  readonly config?: object;
}

/** Fills a folder with configuration and registry for one credential, and the secrets of both. The configuration's path. */
export function fillPlace(folder: string, { revoker, credential, issuer, config }: Place): string {
  for (const [name, secret] of Object.entries({ ...issuer.secrets, ...credential.files }))
    writeFileSync(join(folder, name), secret, { mode: 0o600 });
  const entry = { id: 'cred', agent: 'agent', kind: 'api-key', revoke: { with: revoker, ...credential.spec } };
  writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials: [entry] }));
  const file = join(folder, 'wayward.yaml');
  writeFileSync(file, stringify({ state: 'state', revokers: issuer.settings, ...config }));
  return file;
}
