import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A wayward.yaml in a folder of its own, with the password in a file beside it; returns its path. */
export function configFile(elasticsearch: Readonly<Record<string, unknown>>, password?: string, more = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-elasticsearch-config-'));
  if (password !== undefined) writeFileSync(join(folder, 'password'), password, { mode: 0o600 });
  const settings = password === undefined ? elasticsearch : { ...elasticsearch, password: 'secret://file/password' };
  const file = join(folder, 'wayward.yaml');
  writeFileSync(file, `elasticsearch: ${JSON.stringify(settings)}\n${more}`);
  return file;
}
