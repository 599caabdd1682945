import { SecretsManager, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeAll, expect, test } from 'vitest';
import { callGcp } from '../../src/gcp.ts';
import { gcpSettings, secretManagerOf } from '../../src/revokers/gcp-settings.ts';
import type { WritableSecret } from '../../src/rotation/secret-writer.ts';
import { awsSecretsManager } from '../../src/rotation/secret-writers/aws-secrets-manager.ts';
import { gcpSecretManager } from '../../src/rotation/secret-writers/gcp-secret-manager.ts';
import { placeSchema, SECRET_WRITERS } from '../../src/rotation/secret-writers/registry.ts';
import { accountOf } from '../revokers/aws-responder.ts';
import { failureOf } from '../revokers/failure.ts';
import { settingsOf } from '../revokers/gcp-responder.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';

const VALUE = 'canary-value';

test.each(SECRET_WRITERS.map(({ example, account }) => [example, account]))(
  '%s is a place to write to',
  (example, account) => {
    const reference = example.replace('PROJECT', 'billing-prod');
    expect(placeSchema.parse(reference)).toMatchObject({ reference, account });
  },
);

test.each([
  'secret://file/x',
  'secret://aws-secrets-manager/',
  'secret://aws-secrets-manager/a b',
  'secret://gcp-secret-manager/billing-prod/pg',
  'secret://gcp-secret-manager/projects/p/secrets/pg/versions/3',
  `secret://gcp-secret-manager/projects/p/secrets/${'x'.repeat(250)}`,
])('%s is none, and examples are given', (reference) => {
  const { error } = placeSchema.safeParse(reference);
  expect(error?.issues[0]?.message).toContain('write such as secret://vault/secret/data/NAME#FIELD or secret://aws');
});

describeWith('Secret Manager, which tells of a change later', startFakeGcp, (fake) => {
  const all = ['access', 'add', 'destroy'].map((verb) => `secretmanager.versions.${verb}`);
  const open = async (permissions = all, name = 's'): Promise<WritableSecret> => {
    const { file } = fake()
      .newAccount(`writer-${Math.random().toString(36).slice(2)}`, permissions)
      .newKey();
    return gcpSecretManager.open(await settingsOf(fake(), file), `projects/billing-prod/secrets/${name}`);
  };
  beforeAll(async () => {
    for (const name of ['s', 's-pending', 'alone']) fake().newSecret(name);
  });

  test('waits until readers get what was written', async () => {
    const secret = await open();
    await expect(secret.read()).rejects.toThrow(
      /^Secret Manager has no usable newest version of .*: write the value there/,
    );
    await addTo('s', 'old');
    await secret.stage(VALUE);
    expect(await secret.read()).toEqual({ current: 'old', pending: VALUE });
    await secret.discard();
    await secret.stage('second');
    fake().lag(3);
    await secret.stage(VALUE);
    expect(await secret.read()).toEqual({ current: 'old', pending: VALUE });
    await secret.promote();
    expect(await secret.read()).toEqual({ current: VALUE, pending: undefined });
    const calls = fake().calls.length;
    await secret.promote();
    expect(
      fake()
        .calls.slice(calls)
        .every((call) => call.startsWith('GET ')),
    ).toBe(true);
  });

  test('one that does not show it in time is tried again later', async () => {
    const secret = await open();
    await secret.stage('x');
    fake().lag(1_000_000);
    const error = await failureOf(secret.stage('y'));
    fake().lag(0);
    expect(error).toMatchObject({
      retryable: true,
      message: 'Secret Manager does not show yet what was written to it',
    });
    await secret.discard();
  }, 20_000);

  test('without NAME-pending, or a right, it says what is missing', async () => {
    await addTo('alone', 'old');
    expect((await failureOf((await open(all, 'alone')).stage(VALUE))).message).toMatch(
      /^Secret Manager answered 404 NOT_FOUND .*; check the name projects\/billing-prod\/secrets\/alone-pending:addVersion$/,
    );
    const { message } = await failureOf((await open(['secretmanager.versions.access'])).stage(VALUE));
    expect(message).toMatch(
      /its account needs secretmanager\.versions\.add on projects\/billing-prod\/secrets\/s-pending/,
    );
    expect(message).not.toContain(VALUE);
  });

  /** Puts a first version there, as a person does. */
  async function addTo(name: string, text: string): Promise<void> {
    const { file } = fake().newAccount(`person-${name}`, all).newKey();
    const api = await settingsOf(fake(), file);
    await callGcp(secretManagerOf(gcpSettings.parse(api)), {
      method: 'POST',
      path: `projects/billing-prod/secrets/${name}:addVersion`,
      body: { payload: { data: Buffer.from(text).toString('base64') } },
      permission: '',
    });
  }
});

describeWith('AWS Secrets Manager', startMoto, (moto) => {
  const actions = ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
    (name) => `secretsmanager:${name}`,
  );
  const open = async (name: string, allowed = actions): Promise<WritableSecret> => {
    const { keys } = await moto().newUser('writer', policyThat('Allow', ...allowed));
    return awsSecretsManager.open(await accountOf(moto(), keys), name);
  };
  const admin = () => new SecretsManager(moto().client(moto().admin));

  test('somebody else who moves AWSCURRENT at the same moment is not overtaken: it is looked at again', async () => {
    await admin().createSecret({ Name: 'raced', SecretString: 'old' });
    const secret = await open('raced');
    await secret.stage(VALUE);
    const { send } = SecretsManagerClient.prototype;
    let moves = 0;
    SecretsManagerClient.prototype.send = async function (
      this: SecretsManagerClient,
      ...args: Parameters<typeof send>
    ) {
      if (args[0].constructor.name === 'UpdateSecretVersionStageCommand' && ++moves === 1)
        await admin().putSecretValue({ SecretId: 'raced', SecretString: 'theirs' });
      return send.apply(this, args) as never;
    } as unknown as typeof send;
    try {
      const error = await failureOf(secret.promote());
      expect(error).toMatchObject({
        retryable: true,
        message: expect.stringContaining('somebody else moved AWSCURRENT'),
      });
    } finally {
      SecretsManagerClient.prototype.send = send;
    }
    expect(await secret.read()).toEqual({ current: 'theirs', pending: VALUE });
  });

  test.each([
    ['PutSecretValue', (secret: WritableSecret) => secret.stage(VALUE)],
    ['GetSecretValue', (secret: WritableSecret) => secret.read()],
  ])('without the right to %s it says so, without the value', async (action, act) => {
    const name = `no-${action}`;
    await admin().createSecret({ Name: name, SecretString: 'old' });
    const { message, retryable } = await failureOf(
      act(
        await open(
          name,
          actions.filter((other) => !other.endsWith(action)),
        ),
      ),
    );
    expect(message).toMatch(/^AWS answered 4\d\d/);
    expect(message).not.toContain(VALUE);
    expect(retryable).toBe(false);
  });

  test('a secret that is binary is refused', async () => {
    await admin().createSecret({ Name: 'binary', SecretBinary: Buffer.from('x') });
    await expect((await open('binary')).read()).rejects.toThrow('is binary: store it as a text');
  });
});
