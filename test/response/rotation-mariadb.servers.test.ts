import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { respondTo } from '../../src/response/responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { startVault } from '../servers/vault.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, responseOf } from './response-of.ts';

const start = () => startTogether({ mariadb: startMariaDb, vault: startVault });

describeWith('a stolen password of MariaDB, kept in Vault', start, (servers) => {
  test('is changed on a high alert: it is refused, what it had opened is ended, and the rightful holder goes on', async () => {
    const { mariadb, vault } = servers();
    const stolen = 'canary-stolen-password';
    const asRoot = (method: string, path: string, body?: unknown) => vault.call(vault.rootToken, method, path, body);
    await mariadb.query('CREATE USER ?@? IDENTIFIED BY ?', ['agent', '%', stolen]);
    await asRoot('POST', 'secret/data/agent', { data: { password: stolen } });
    const connect = async (password: string) => {
      const connection = await mysql.createConnection({
        uri: mariadb.urlFor('agent', password),
        connectTimeout: 5_000,
      });
      connection.on('error', () => {});
      return connection;
    };
    const thief = await connect(stolen);

    const secret = 'secret://vault/secret/data/agent#password';
    const rotate = { with: 'mariadb-password', user: 'agent', secret };
    const response = responseOf({ mode: 'auto' }, [credentialOf({ rotate, revoke: { with: 'rotation' } })], {
      mariadb: { url: await secretOf(mariadb.urlFor('root', '')) },
      vault: { url: vault.url, token: await secretOf(vault.rootToken) },
    });
    respondTo(alertOf(), response);
    await response.worker().drain();

    expect(response.outbox.revocations('cred-billing-pg')).toMatchObject([
      { state: 'verified', note: expect.stringMatching(/; of 1 sessions that user `agent` had, none is left$/) },
    ]);
    await expect(thief.query('SELECT 1')).rejects.toThrow();
    await expect(connect(stolen)).rejects.toThrow('Access denied');
    const kept = (await asRoot('GET', 'secret/data/agent')).body?.data?.['data'] as Record<string, string> | undefined;
    const holder = await connect(String(kept?.password));
    await holder.query('SELECT 1');
    await holder.end();
  });
});
