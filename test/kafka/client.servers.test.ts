import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { refreshSecrets } from '../../src/config/secrets.ts';
import { createKafka, requireKafka } from '../../src/kafka/client.ts';
import type { Log } from '../../src/kafka/log.ts';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { type OwnKafka, startKafka, startOwnKafka } from '../servers/kafka.ts';
import { authority } from '../servers/kafka-security.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const PASSWORD = 'alice-password-canary';
const secrets = { RIGHT: PASSWORD, WRONG: 'wrong-password-canary' };

/** What was logged, as one text. */
function collectingLog(): { readonly log: Log; text(): string } {
  const lines: string[] = [];
  const say = (fields: object, text: string) => void lines.push(JSON.stringify({ ...fields, text }));
  return { log: { info: say, warn: say, error: say }, text: () => lines.join('\n') };
}

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'ServerUnavailableError' });
  const { message, stack } = error as Error;
  for (const secret of Object.values(secrets)) expect(`${message}${stack}`).not.toContain(secret);
  return message;
};

describeWith(
  'a Kafka that asks who is there',
  () => startOwnKafka({ users: { alice: PASSWORD } }),
  (server) => {
    const secured = (server: OwnKafka) => {
      if (server.secured === undefined) throw new Error('started without users');
      return server.secured;
    };
    const sasl = (mechanism: string, more: object = {}) => ({
      brokers: [secured(server()).saslBroker],
      tls: { ca: secured(server()).ca },
      sasl: { mechanism, username: 'alice', password: 'secret://env/RIGHT', ...more },
    });

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s over TLS', async (mechanism) => {
      const settings = await settingsOf(sasl(mechanism), secrets);
      await requireKafka(settings);
      const { log, text } = collectingLog();
      const admin = createKafka(settings, log).admin();
      await admin.connect();
      expect((await admin.describeCluster()).brokers).toHaveLength(1);
      await admin.disconnect();
      expect(text()).toBe('');
    });

    test('a client certificate instead of a password', async () => {
      const { mtlsBroker, ca, clientCert, clientKey } = secured(server());
      const tls = { ca, cert: clientCert, key: 'secret://env/KEY' };
      const settings = await settingsOf({ brokers: [mtlsBroker], tls }, { KEY: readFileSync(clientKey, 'utf8') });
      await requireKafka(settings);
      const without = await settingsOf({ brokers: [mtlsBroker], tls: { ca } });
      expect(await messageOf(requireKafka(without))).toContain(`Kafka (${mtlsBroker})`);
    });

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s with a wrong password', async (mechanism) => {
      const settings = await settingsOf(sasl(mechanism, { password: 'secret://env/WRONG' }), secrets);
      expect(await messageOf(requireKafka(settings))).toBe(
        `Kafka (${secured(server()).saslBroker}) did not take the user "alice"; check kafka.sasl: username, password and mechanism`,
      );
    });

    test.each(['plain', 'scram-sha-512'])('%s with a password that was changed where it lies', async (mechanism) => {
      const password = join(temporaryFolder(), 'password');
      writeFileSync(password, secrets.WRONG, { mode: 0o600 });
      const settings = await settingsOf(sasl(mechanism, { password: `secret://file/${password}` }));
      const admin = createKafka(settings, collectingLog().log).admin();
      await expect(admin.connect()).rejects.toThrow('');
      writeFileSync(password, PASSWORD, { mode: 0o600 });
      await refreshSecrets(settings, 0);
      await admin.connect();
      expect((await admin.describeCluster()).brokers).toHaveLength(1);
      await admin.disconnect();
    });

    test('a user that is not there', async () => {
      const settings = await settingsOf(sasl('scram-sha-512', { username: 'mallory' }), secrets);
      expect(await messageOf(requireKafka(settings))).toContain('did not take the user "mallory"');
    });

    test('a certificate of a stranger, or of another name', async () => {
      const own = authority(temporaryFolder(), 'stranger');
      const stranger = await settingsOf({ ...sasl('plain'), tls: { ca: own } }, secrets);
      expect(await messageOf(requireKafka(stranger))).toMatch(/certificate that does not hold .*check kafka\.tls\.ca/);
      const { ca } = secured(server());
      const otherName = await settingsOf({ ...sasl('plain'), tls: { ca, server_name: 'kafka.example' } }, secrets);
      expect(await messageOf(requireKafka(otherName))).toMatch(
        /certificate that does not hold .*kafka\.tls\.server_name/,
      );
      const unreadable = await settingsOf({ ...sasl('plain'), tls: { ca: `${ca}.gone` } }, secrets);
      await expect(requireKafka(unreadable)).rejects.toThrow(/kafka\.tls\.ca: .*ENOENT.*write the path of a PEM file/);
    });

    test('without TLS where it is needed, and with it where there is none', async () => {
      const { saslBroker } = secured(server());
      expect(await messageOf(requireKafka(await settingsOf({ brokers: [saslBroker] })))).toContain(
        '(else write kafka.tls)',
      );
      const plain = await settingsOf({ brokers: [server().broker], tls: true });
      expect(await messageOf(requireKafka(plain))).toMatch(/check kafka\.brokers.*and kafka\.tls$/);
    });

    test('the password is in no line of the log, even if the broker is lost or refuses it', async () => {
      const { log, text } = collectingLog();
      const settings = await settingsOf(sasl('scram-sha-256', { password: 'secret://env/WRONG' }), secrets);
      const admin = createKafka(settings, log).admin();
      await expect(admin.connect()).rejects.toThrow('');
      await admin.disconnect();
      expect(text()).toContain('kafka: ');
      expect(text()).not.toContain('canary');
      expect(text()).not.toContain(Buffer.from(secrets.WRONG).toString('base64'));
    });

    test('a broker that goes and comes back is only waited for', async () => {
      const { log, text } = collectingLog();
      const admin = createKafka(await settingsOf({ brokers: [server().broker] }), log).admin();
      await admin.connect();
      await server().kill();
      const asked = admin.listTopics();
      await sleep(3_000); // some tries long: what each says alike is to be told once
      await server().restart();
      expect(await asked).toEqual([]);
      await admin.disconnect();
      const lines = text().split('\n');
      expect(new Set(lines).size).toBe(lines.length);
    });
  },
);

test('nobody there: an error within 10 s that names the broker', async () => {
  const broker = `localhost:${await freePort()}`;
  const started = Date.now();
  expect(await messageOf(requireKafka(await settingsOf({ brokers: [broker] })))).toContain(`Kafka (${broker})`);
  expect(Date.now() - started).toBeLessThan(10_000);
});

test('somebody who never says a word: an error after 10 s', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve));
  onTestFinished(() => void silent.close());
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const started = Date.now();
  expect(await messageOf(requireKafka(await settingsOf({ brokers: [`localhost:${port}`] })))).toContain(
    'does not answer',
  );
  expect(Date.now() - started).toBeLessThan(12_000);
});

describeWith('a Kafka without passwords', startKafka, (server) => {
  test('a broker at an IPv6 address', async () => {
    const [, port] = server().broker.split(':');
    const way = createServer((socket) => {
      const onward = connect(Number(port), 'localhost');
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => way.listen(0, '::1', resolve));
    onTestFinished(() => void way.close());
    const broker = `[::1]:${(way.address() as AddressInfo).port}`;
    await requireKafka(await settingsOf({ brokers: [broker] }));
    way.close();
    expect(await messageOf(requireKafka(await settingsOf({ brokers: ['[::1]:1'] })))).toMatch(
      /^Kafka \(\[::1\]:1\) does not answer/,
    );
  });

  test('an idle connection starts no timers', async () => {
    const admin = createKafka(await settingsOf({ brokers: [server().broker] }), collectingLog().log).admin();
    await admin.connect();
    await admin.listTopics();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    const done = Promise.withResolvers<void>();
    const interval = setInterval(done.resolve, 500);
    await done.promise;
    clearInterval(interval);
    expect(timers.mock.calls.length).toBeLessThan(10);
    await admin.disconnect();
  });
});
