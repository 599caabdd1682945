import { expect, test } from 'vitest';
import { createKafka, requireKafka } from '../../src/kafka/client.ts';
import { withAdmin } from '../../src/kafka/topics.ts';
import { freePort } from '../servers/free-port.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const MECHANISM = 'listener.name.sasl_ssl.oauthbearer';
const SECRET = secretOfClient('agent-a');
const quiet = { info() {}, warn() {}, error() {} };

/** A broker that takes the tokens of a real authorization server. */
async function start() {
  const oauth = await startOAuth();
  const keys = `${oauth.issuer}/jwks`;
  const kafka = await startOwnKafka({
    users: { ops: 'ops-password' },
    jvm: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keys}`],
    properties: {
      'sasl.enabled.mechanisms': 'PLAIN,OAUTHBEARER',
      [`${MECHANISM}.sasl.jaas.config`]:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
      [`${MECHANISM}.sasl.server.callback.handler.class`]:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
      [`${MECHANISM}.sasl.oauthbearer.jwks.endpoint.url`]: keys,
      [`${MECHANISM}.sasl.oauthbearer.expected.issuer`]: oauth.issuer,
      [`${MECHANISM}.sasl.oauthbearer.expected.audience`]: 'urn:jwt',
      // Each connection has to show a token again within this time; the client does it 10 s before.
      [`${MECHANISM}.connections.max.reauth.ms`]: '12000',
    },
  });
  return {
    oauth,
    kafka,
    stop: async () => {
      await kafka.stop();
      await oauth.stop();
    },
  };
}

describeWith('a Kafka that takes OAuth tokens', start, (servers) => {
  const settings = (more: object = {}, secret = SECRET) => {
    const { kafka, oauth } = servers();
    return settingsOf(
      {
        brokers: [kafka.secured?.saslBroker],
        tls: { ca: kafka.secured?.ca },
        sasl: {
          mechanism: 'oauthbearer',
          token_url: `${oauth.issuer}/token`,
          client_id: 'agent-a',
          client_secret: 'secret://env/SECRET',
          resource: 'urn:jwt',
          ...more,
        },
      },
      { SECRET: secret },
    );
  };
  const why = async (own: ReturnType<typeof settings>): Promise<string> => {
    const error = await requireKafka(await own).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ServerUnavailableError' });
    expect(String(error)).not.toContain(SECRET);
    return (error as Error).message;
  };

  test('is reached with a token of the client, and goes on when the broker asks for another one', async () => {
    const own = await settings();
    await requireKafka(own);
    const admin = createKafka(own, quiet).admin();
    await admin.connect();
    const until = Date.now() + 5_000;
    let answers = 0;
    while (Date.now() < until) {
      expect((await admin.describeCluster()).brokers).toHaveLength(1);
      answers++;
    }
    expect(answers).toBeGreaterThan(1);
    await admin.disconnect();
    expect(await withAdmin(createKafka(own, quiet), (one) => one.listTopics())).toEqual([]);
  });

  test('says what to check where there is no token', async () => {
    expect(await why(settings({}, 'another secret'))).toBe(
      'kafka.sasl.token_url: OAuth server answered the request for a token with 401; check token_url, client_id and client_secret',
    );
    const port = await freePort();
    expect(await why(settings({ token_url: `http://127.0.0.1:${port}/token` }))).toMatch(
      /^kafka\.sasl\.token_url: OAuth server: .*; check token_url/,
    );
  });

  test('says what to check where the broker does not take the token', async () => {
    expect(await why(settings({ resource: undefined }))).toContain(
      'did not take the user "agent-a"; check kafka.sasl: client_id, scope, audience, resource and mechanism',
    );
  });
});
