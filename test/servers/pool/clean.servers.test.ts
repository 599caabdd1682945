import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateUserCommand, IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { Kafka as Client, logLevel } from 'kafkajs';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { KafkaAddress } from '../kafka.ts';
import type { MariaDbAddress } from '../mariadb.ts';
import type { MotoAddress } from '../moto.ts';
import type { PostgresAddress } from '../postgres.ts';
import { describeWith } from '../require-server.ts';
import { KINDS } from './kinds.ts';

/** What one suite leaves on a server of the pool, however deep, the next one does not meet. */

describeWith('PostgreSQL', KINDS.postgres, (server) => {
  const connected = async () => {
    const client = new pg.Client({ connectionString: (server().address as PostgresAddress).url });
    client.on('error', () => {}); // the cleaning ends it
    await client.connect();
    return client;
  };

  test('roles, their rights and memberships, databases, settings, pg_hba.conf, sessions and the log', async () => {
    const { logFile } = server().address as PostgresAddress;
    const hbaFile = join(dirname(dirname(logFile)), 'pg_hba.conf');
    const hba = readFileSync(hbaFile, 'utf8');
    const before = await connected();
    for (const sql of [
      'CREATE ROLE owner CREATEROLE LOGIN',
      `CREATE ROLE "odd ""name" IN ROLE owner, pg_monitor LOGIN PASSWORD 'pw'`,
      'CREATE SCHEMA app AUTHORIZATION owner',
      'CREATE TABLE public.orders (id int)',
      'GRANT SELECT ON public.orders TO owner WITH GRANT OPTION',
      'SET ROLE owner; GRANT SELECT ON public.orders TO "odd ""name"; RESET ROLE',
      'GRANT CREATE ON DATABASE postgres TO owner',
      'ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT ON TABLES TO "odd ""name"',
      'CREATE DATABASE other OWNER owner',
      "ALTER SYSTEM SET log_statement = 'all'",
    ]) {
      await before.query(sql);
    }
    await before.query('BEGIN; LOCK TABLE public.orders');
    writeFileSync(hbaFile, `host all all 127.0.0.1/32 trust\n${hba}`);

    await server().clean();
    expect(readFileSync(hbaFile, 'utf8')).toBe(hba);
    expect(readFileSync(logFile, 'utf8')).not.toContain('orders');
    const { query } = await connected().then((client) => ({ query: (sql: string) => client.query(sql) }));
    const rows = async (sql: string) => (await query(sql)).rows.map((row) => Object.values(row)[0]);
    expect(await rows("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")).toEqual(['super']);
    expect(await rows('SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1')).toEqual([
      'appdb',
      'postgres',
    ]);
    expect(await rows('SHOW log_statement')).toEqual(['none']);
    expect(await rows('SHOW pgaudit.log_parameter')).toEqual(['on']);
    expect(await rows("SELECT to_regclass('public.orders')")).toEqual([null]);
    await expect.poll(() => readFileSync(logFile, 'utf8')).toContain('AUDIT: SESSION,1,1,READ');
  });
});

describeWith('MariaDB', KINDS.mariadb, (server) => {
  test('users, roles, databases, variables, sessions and the general log', async () => {
    const { url } = server().address as MariaDbAddress;
    const before = await mysql.createConnection(url);
    before.on('error', () => {}); // the cleaning ends it
    for (const sql of [
      "CREATE USER 'o''dd'@'127.0.0.1' IDENTIFIED BY 'pw'",
      'CREATE ROLE reader',
      "GRANT reader TO 'o''dd'@'127.0.0.1'",
      'CREATE DATABASE `my``app.dot`',
      "SET GLOBAL log_output = 'TABLE'",
      'SET GLOBAL general_log = ON',
      "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'",
      'SET GLOBAL max_connections = 7',
    ]) {
      await before.query(sql);
    }
    await server().clean();
    const root = await mysql.createConnection(url);
    const values = async (sql: string) =>
      (await root.query<mysql.RowDataPacket[]>(sql))[0].map((row) => Object.values(row)[0]);
    expect(await values("SELECT User FROM mysql.user WHERE User NOT IN ('root', 'mariadb.sys')")).toEqual([]);
    expect(await values('SHOW DATABASES')).not.toContain('my`app.dot');
    expect(await values('SELECT @@GLOBAL.sql_mode')).not.toEqual(['NO_BACKSLASH_ESCAPES']);
    expect(await values('SELECT @@GLOBAL.max_connections')).toEqual([151]);
    expect(await values('SELECT @@GLOBAL.general_log')).toEqual([0]);
    expect(await values('SELECT count(*) FROM mysql.general_log')).toEqual([0]);
    await root.end();
  });
});

describeWith('moto', KINDS.moto, (server) => {
  test('users, keys, and requests that were recorded; the new admin alone may do something', async () => {
    const address = () => server().address as MotoAddress;
    const iam = (credentials: MotoAddress['admin']) =>
      new IAMClient({ ...{ endpoint: address().url, region: 'us-east-1', maxAttempts: 1 }, credentials });
    await fetch(`${address().url}/moto-api/recorder/start-recording`, { method: 'POST' });
    const before = { ...address().admin };
    await iam(before).send(new CreateUserCommand({ UserName: 'left' }));
    expect(readFileSync(address().records, 'utf8')).not.toBe('');

    await server().clean();
    const { Users: users = [] } = await iam(address().admin).send(new ListUsersCommand({}));
    expect(users.map(({ UserName }) => UserName)).toEqual([expect.stringMatching(/^admin-/)]);
    await expect(iam(before).send(new ListUsersCommand({}))).rejects.toThrow();
    expect(readFileSync(address().records, 'utf8')).toBe('');
  });
});

describeWith('Kafka', KINDS.kafka, (server) => {
  test('topics and groups, also of a consumer that is still there for a moment', async () => {
    const client = new Client({ brokers: [(server().address as KafkaAddress).broker], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    const topics = [{ topic: 'left', numPartitions: 3 }, { topic: 'behind' }];
    await admin.createTopics({ topics, waitForLeaders: true });
    const consumer = client.consumer({ groupId: 'group', sessionTimeout: 6_000 });
    await consumer.subscribe({ topic: 'left' });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: async () => {} });
    await joined;
    const gone = consumer.disconnect();

    await server().clean();
    await gone;
    expect((await admin.listTopics()).filter((name) => !name.startsWith('__'))).toEqual([]);
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.createTopics({ topics, waitForLeaders: true });
    expect((await admin.fetchTopicOffsets('left')).map(({ high }) => high)).toEqual(['0', '0', '0']);
    await admin.disconnect();
  });
});
