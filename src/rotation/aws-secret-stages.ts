import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { CallError } from '../errors.ts';

/** Where the stages of a secret are, and whether it can be rotated at all. */
export interface SecretStages {
  /** Id of the version at AWSCURRENT. */
  readonly current: string | undefined;
  readonly pending: string | undefined;
  /** Of each version that has a stage. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Why no rotation can begin, and what to do about it. */
  readonly problem: string | undefined;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html @throws CallError for a secret that is not there */
export async function stagesOf(
  client: SecretsManager,
  options: Parameters<SecretsManager['describeSecret']>[1],
  id: string,
): Promise<SecretStages> {
  const said = await client.describeSecret({ SecretId: id }, options).catch((error: unknown) => {
    if (!named(error, 'ResourceNotFoundException')) throw error;
    throw new CallError(`AWS Secrets Manager has no secret ${id}: check the registry and the region`, false);
  });
  const versions = new Map(Object.entries(said.VersionIdsToStages ?? {}));
  const at = (stage: string) => [...versions].find(([, stages]) => stages.includes(stage))?.[0];
  return { current: at('AWSCURRENT'), pending: at('AWSPENDING'), versions, problem: problemOf(id, said) };
}

interface Described {
  readonly DeletedDate?: Date | undefined;
  /** Absent where rotation was never configured, false where it was cancelled. */
  readonly RotationEnabled?: boolean | undefined;
}

function problemOf(id: string, { DeletedDate, RotationEnabled }: Described): string | undefined {
  if (DeletedDate !== undefined) return `${id} is about to be deleted in AWS Secrets Manager: restore it first`;
  if (RotationEnabled === true) return undefined;
  return `no rotation is switched on for ${id} in AWS Secrets Manager: configure one there (aws secretsmanager rotate-secret --secret-id ${id} --rotation-lambda-arn … --rotation-rules …), or have Wayward rotate it by another rotator`;
}

/**
 * Secrets Manager refuses a rotation (InvalidRequestException) while an earlier one is not complete; anything else is for whoever reads it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 */
export function whyNotStarted(id: string, error: unknown): 'under way' | unknown {
  if (!named(error, 'InvalidRequestException')) return error;
  if (/previous rotation/i.test(error.message)) return 'under way';
  return new CallError(
    `AWS Secrets Manager does not begin a rotation of ${id} (InvalidRequestException): check its rotation function and that function's permissions`,
    false,
  );
}

const named = (error: unknown, name: string): error is Error => error instanceof Error && error.name === name;
