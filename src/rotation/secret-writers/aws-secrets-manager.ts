import { randomUUID } from 'node:crypto';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { withAws } from '../../aws.ts';
import { CallError } from '../../errors.ts';
import { awsSettings } from '../../revokers/aws-settings.ts';
import type { SecretWriter } from '../secret-writer.ts';
import { partOf } from './part.ts';
import { untilSeen } from './until-seen.ts';

const LOCATION = /^([\w/+=.@:-]+)(?:#([^#]+))?$/;

/**
 * AWS Secrets Manager: a secret that is a text, or one field of one that is JSON. The pending value is the version at the stage
 * AWSPENDING; it becomes the current one when AWSCURRENT moves to it, and Secrets Manager leaves AWSPREVIOUS at the one before.
 * The version that AWSCURRENT is taken from is named each time, so that nobody else's write is lost. A rotation by Lambda
 * of the same secret would use the same stages: have one of the two.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html, …/API_UpdateSecretVersionStage.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"],
 *         "Resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:agents/*"
 *       }]
 *     }
 */
export const awsSecretsManager: SecretWriter = {
  id: 'aws-secrets-manager',
  title: 'AWS Secrets Manager: a secret, or one field of one that is JSON',
  example: 'secret://aws-secrets-manager/NAME#FIELD',
  account: 'aws',
  pending: 'the version at the stage AWSPENDING; the old value stays at AWSPREVIOUS',
  needs: '`secretsmanager:GetSecretValue`, `:PutSecretValue` and `:UpdateSecretVersionStage` on the secret',
  testedAgainst: 'moto 5.2',
  isLocation: (location) => LOCATION.test(location),
  open(settings, location) {
    const account = awsSettings.parse(settings);
    const [, name = '', field] = LOCATION.exec(location) ?? [];
    const part = partOf(field);
    const withSecret = <T>(work: (secret: StagedSecret) => Promise<T>): Promise<T> =>
      withAws(
        account,
        async (config) => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
        (client, options) => work(stagedSecret(client, options, name)),
      );
    return {
      read: () =>
        withSecret(async (secret) => {
          const { current, pending } = await secret.both();
          return { current: part.read(current.text), pending: pending && part.read(pending.text) };
        }),
      stage: (value) =>
        withSecret(async (secret) => {
          const { current } = await secret.both();
          await secret.put(part.write(current.text, value));
        }),
      promote: () =>
        withSecret(async (secret) => {
          const { current, pending } = await secret.both();
          const value = pending && part.read(pending.text);
          if (pending === undefined || value === undefined) return;
          // Other fields may have been written since it was staged.
          const text = part.write(current.text, value);
          await secret.makeCurrent(text === pending.text ? pending.id : await secret.put(text), current.id);
        }),
      discard: () =>
        withSecret(async (secret) => {
          const { pending } = await secret.both();
          if (pending !== undefined) await secret.dropPending(pending.id);
        }),
    };
  },
};

interface Version {
  readonly id: string;
  readonly text: string;
}

/** A secret and its stages. */
interface StagedSecret {
  /** A version that is current is not pending, whatever its stages. */
  both(): Promise<{ readonly current: Version; readonly pending: Version | undefined }>;
  /** A new version at AWSPENDING; its id. */
  put(text: string): Promise<string>;
  makeCurrent(id: string, instead: string): Promise<void>;
  dropPending(id: string): Promise<void>;
}

const SERVICE = 'AWS Secrets Manager';

function stagedSecret(
  client: SecretsManager,
  options: Parameters<SecretsManager['getSecretValue']>[1],
  name: string,
): StagedSecret {
  const secret = { SecretId: name };
  async function at(stage: string): Promise<Version | undefined> {
    try {
      const found = await client.getSecretValue({ ...secret, VersionStage: stage }, options);
      if (found.VersionId !== undefined && found.SecretString !== undefined)
        return { id: found.VersionId, text: found.SecretString };
    } catch (error) {
      if (named(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
    throw new CallError(`the secret ${name} in ${SERVICE} is binary: store it as a text`, false);
  }
  async function move(stage: string, change: { RemoveFromVersionId: string; MoveToVersionId?: string }): Promise<void> {
    try {
      await client.updateSecretVersionStage({ ...secret, VersionStage: stage, ...change }, options);
    } catch (error) {
      if (!named(error, 'InvalidParameterException')) throw error;
      throw new CallError(`somebody else moved ${stage} of ${name} in ${SERVICE} in between`, true);
    }
  }
  return {
    async both() {
      const [current, pending] = await Promise.all([at('AWSCURRENT'), at('AWSPENDING')]);
      if (current === undefined)
        throw new CallError(`${SERVICE} has no current value of ${name}: write it there first`, false);
      return { current, pending: pending?.id === current.id ? undefined : pending };
    },
    async put(text) {
      // The id of the version: the SDK's second attempt at the same call makes no other one.
      const id = randomUUID();
      const version = { SecretString: text, VersionStages: ['AWSPENDING'], ClientRequestToken: id };
      await client.putSecretValue({ ...secret, ...version }, options);
      await untilSeen(SERVICE, async () => (await at('AWSPENDING'))?.id === id);
      return id;
    },
    async makeCurrent(id, instead) {
      await move('AWSCURRENT', { MoveToVersionId: id, RemoveFromVersionId: instead });
      await untilSeen(SERVICE, async () => (await at('AWSCURRENT'))?.id === id);
    },
    async dropPending(id) {
      await move('AWSPENDING', { RemoveFromVersionId: id });
      await untilSeen(SERVICE, async () => (await at('AWSPENDING')) === undefined);
    },
  };
}

const named = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;
