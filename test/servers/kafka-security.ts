import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { MissingServer } from './require-server.ts';

/** Passwords by user. */
export type Users = Readonly<Record<string, string>>;

/** Paths of PEM files. */
export interface TlsFiles {
  /** The authority that the broker's certificate is from, and that it takes client certificates from. */
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

/** Two more listeners of a broker: SASL over TLS, and TLS with a client certificate. Certificates are made in `folder`. */
export async function securedListeners(folder: string, users: Users) {
  const saslBroker = `localhost:${await freePort()}`;
  const mtlsBroker = `localhost:${await freePort()}`;
  const ca = authority(folder);
  const server = certificate(folder, 'server', 'subjectAltName=DNS:localhost');
  const client = certificate(folder, 'client', 'extendedKeyUsage=clientAuth');
  return {
    listeners: [`SASL_SSL://${saslBroker}`, `SSL://${mtlsBroker}`],
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': server.keyAndCert,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': ca,
      'listener.name.ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': plainUsers(users),
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': SCRAM_MODULE,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': SCRAM_MODULE,
    },
    secured: { saslBroker, mtlsBroker, ca, clientCert: client.cert, clientKey: client.key },
  };
}

const SCRAM_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

function plainUsers(users: Users): string {
  const each = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${each.join(' ')};`;
}

/** Arguments for the formatting of a new broker's data: SCRAM users are kept there. */
export function scramUsers(users: Users): string[] {
  return Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
}

/** A certificate authority of our own, valid for a day. Its certificate's path. */
export function authority(folder: string, name = 'ca'): string {
  const cert = join(folder, `${name}.pem`);
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-keyout',
    join(folder, `${name}.key`),
    '-out',
    cert,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
  );
  return cert;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function certificate(folder: string, name: string, extension: string) {
  const [key, request, extensions, cert, keyAndCert] = ['key', 'csr', 'ext', 'pem', 'both.pem'].map((end) =>
    join(folder, `${name}.${end}`),
  ) as [string, string, string, string, string];
  writeFileSync(extensions, extension);
  openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
  const by = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
  openssl('x509', '-req', '-in', request, ...by, '-extfile', extensions, '-days', '1', '-out', cert);
  writeFileSync(keyAndCert, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), { mode: 0o600 });
  return { key, cert, keyAndCert };
}

function openssl(...args: string[]): void {
  try {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MissingServer('openssl is not here: install it (Debian: openssl)');
  }
}
