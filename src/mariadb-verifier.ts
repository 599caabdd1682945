import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/**
 * What MariaDB keeps in place of a password, by authentication plugin, so that the password itself travels in no statement and stands in
 * no log; undefined where we can't make it from this password.
 * https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/, …/authentication-plugin-ed25519/
 */
export const VERIFIERS: Readonly<Record<string, (password: string) => string | undefined>> = {
  mysql_native_password: nativeVerifier,
  ed25519(password) {
    const key = ed25519Key(password);
    return key && publicBytes(key).toString('base64').replace(/=+$/, '');
  },
};

/** What a client answers the server's challenge with; undefined where we can't. */
export function ed25519Answer(password: string, challenge: Buffer): Buffer | undefined {
  const key = ed25519Key(password);
  return key && sign(null, challenge, key);
}

/** Of `mysql_native_password`. */
export function nativeVerifier(password: string): string {
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;
}

const sha1 = (bytes: string | Buffer): Buffer => createHash('sha1').update(bytes).digest();

/** RFC 8410: a private key is the seed behind this. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** MariaDB takes the password for the seed, whatever its length; RFC 8032, and so Node, one of 32 bytes, as `newPassword` gives. */
function ed25519Key(password: string): KeyObject | undefined {
  const seed = Buffer.from(password);
  if (seed.length !== SEED_BYTES) return undefined;
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

const publicBytes = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
