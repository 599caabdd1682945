import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SecretError, type SecretProvider } from '../secret-provider.ts';

const MAX_BYTES = 64 * 1024;
const OTHERS = 0o077;

/**
 * `secret://file/PATH`: a file that only its owner may read. A relative path starts at the configuration file;
 * an absolute one has its own slash: `secret://file//run/secrets/name`. One line end at the end is dropped.
 */
export const fileProvider: SecretProvider = {
  example: 'secret://file/PATH',
  async fetch(path, { folder }) {
    const file = resolve(folder, path);
    let value: string;
    try {
      value = await readPrivate(file);
    } catch (cause) {
      if (cause instanceof SecretError) throw cause;
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
      const absolute = path.startsWith('/')
        ? ''
        : ' (an absolute path has two slashes: secret://file//run/secrets/name)';
      throw new SecretError(`refers to ${file}, which cannot be read (${code}); create it with mode 0600${absolute}`);
    }
    if (value === '') throw new SecretError(`refers to ${file}, which is empty; write the secret into it`);
    return value;
  },
};

async function readPrivate(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { mode, size } = await handle.stat(); // of the open file, so that it can't be swapped in between
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new SecretError(`refers to ${file}, which other users can read; run chmod 600 ${file}`);
    }
    if (size > MAX_BYTES)
      throw new SecretError(`refers to ${file}, which is larger than 64 KiB; is it the right file?`);
    return (await handle.readFile('utf8')).replace(/\r?\n$/, '');
  } finally {
    await handle.close();
  }
}
