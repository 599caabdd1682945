import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import type { AwsAccount } from '../../src/aws.ts';
import type { Revocation, Revoker } from '../../src/response/action.ts';
import { type AwsKeys, type MotoServer, policyThat } from '../servers/moto.ts';
import { secretOf } from './secret-of.ts';
import { policyOf } from './vault-responder.ts';

/** What the agents of these tests may do. */
export const AGENT = policyThat('Allow', 'iam:ListAccountAliases', 'sts:AssumeRole');

/** Wayward's settings for these keys. */
export async function accountOf({ url }: MotoServer, keys: AwsKeys): Promise<AwsAccount> {
  const { accessKeyId, secretAccessKey } = keys;
  return {
    ...{ endpoint: url, region: 'us-east-1', access_key_id: accessKeyId },
    secret_access_key: await secretOf(secretAccessKey),
  };
}

/**
 * A step as a user of its own makes it, who may do the actions of the policy that stands above the revoker and nothing
 * else. Of calls to IAM, moto takes the resource for `*`, so that a narrower one would allow nothing.
 */
export async function leastStep(server: MotoServer, revoker: Revoker, spec: object): Promise<Revocation> {
  const policy = policyOf(revoker).replaceAll(/"Resource": "[^"]+"/g, '"Resource": "*"');
  const { keys } = await server.newUser('responder', JSON.parse(policy));
  return stepAs(server, revoker, keys, spec);
}

export async function stepAs(server: MotoServer, revoker: Revoker, keys: AwsKeys, spec: object): Promise<Revocation> {
  return revoker.prepare(await accountOf(server, keys), { with: revoker.id, ...spec });
}

/** What a live client with these keys gets: `ok`, or the name of the refusal. IAM, since moto refuses in XML, as only IAM and STS do. */
export async function use(server: MotoServer, keys: AwsKeys): Promise<string> {
  const client = new IAM(server.client(keys));
  try {
    await client.listAccountAliases({});
    return 'ok';
  } catch (error) {
    return (error as Error).name;
  } finally {
    client.destroy();
  }
}

/** A session of the role, begun with these keys. */
export async function sessionOf(server: MotoServer, keys: AwsKeys, arn: string): Promise<AwsKeys> {
  const sts = new STS(server.client(keys));
  const { Credentials: made } = await sts.assumeRole({ RoleArn: arn, RoleSessionName: 'run' });
  sts.destroy();
  if (made?.AccessKeyId === undefined || made.SecretAccessKey === undefined || made.SessionToken === undefined)
    throw new Error('moto made no session');
  return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.SessionToken };
}
