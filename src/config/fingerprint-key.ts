import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Secret } from './secrets.ts';

const FILE = 'fingerprint.key';
const KEY_BYTES = 32;

/**
 * The key under which tokens become fingerprints (HMAC-SHA-256, 32 bytes or more): the configured one (its secret
 * already fetched), else one of our own, made once with mode 0600 in the state folder.
 * @throws UsageError if it is too short, readable by others, or the folder can't be written
 */
export function fingerprintKey(configured: Secret | undefined, stateFolder: string): Buffer {
  if (configured === undefined) return ownKey(stateFolder);
  const key = Buffer.from(configured.reveal(), 'utf8');
  if (key.length >= KEY_BYTES) return key;
  throw new UsageError(
    `fingerprint_key (${configured.reference}) is shorter than ${KEY_BYTES} characters; make one with: openssl rand -hex 32`,
  );
}

/**
 * As `fingerprintKey`, for what only reads: where the state folder can't be written, a key of this run alone, of which `onEphemeral` is told.
 * @throws UsageError if the configured one, or the one that is there, is none
 */
export function readingKey(configured: Secret | undefined, stateFolder: string, onEphemeral: () => void): Buffer {
  try {
    return fingerprintKey(configured, stateFolder);
  } catch (error) {
    const { cause } = error as Error;
    if (!(error instanceof UsageError) || (cause as NodeJS.ErrnoException | undefined)?.code === undefined) throw error;
    onEphemeral();
    return randomBytes(KEY_BYTES);
  }
}

function ownKey(folder: string): Buffer {
  const file = join(folder, FILE);
  try {
    return readKey(file) ?? makeKey(folder, file);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${file}: cannot be used (${code}); choose a state folder that this user owns`, { cause });
  }
}

function readKey(file: string): Buffer | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    throw new UsageError(`${file}: other users can read it; run chmod 600 ${file}`);
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length === KEY_BYTES) return key;
  throw new UsageError(`${file}: is no key of Wayward; put the right one back, or delete it and fingerprint again`);
}

/** Written beside and then linked: of two processes that start at once, both end up with the same key. */
function makeKey(folder: string, file: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readKey(file) ?? makeKey(folder, file);
}
