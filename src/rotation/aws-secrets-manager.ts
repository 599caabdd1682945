import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { type AwsAccount, withAws } from '../aws.ts';
import { durationSchema } from '../config/duration.ts';
import { CallError } from '../errors.ts';
import { type Notes, NotYet } from '../response/action.ts';
import { awsSettings } from '../revokers/aws-settings.ts';
import { type SecretStages, stagesOf, whyNotStarted } from './aws-secret-stages.ts';
import { defineRotator } from './rotator.ts';

/** A rotation function needs some seconds: so long it is looked at in one go, so often. Then again after a pause. Milliseconds. */
const WATCHED_MS = 3_000;
const LOOK_MS = 250;
const PAUSE_MS = 2_000;

/**
 * Has AWS Secrets Manager rotate a secret by the rotation that is configured there (a Lambda function, or a managed one), and follows the
 * version stages: it has ended once AWSCURRENT is at the version that this rotation made, and AWSPENDING at no other one. The version's id is
 * chosen and noted before the call, so that a repeat of it makes no second version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html, …/API_DescribeSecret.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [
 *         {
 *           "Effect": "Allow",
 *           "Action": ["secretsmanager:RotateSecret", "secretsmanager:DescribeSecret"],
 *           "Resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:agents/*"
 *         },
 *         {
 *           "Effect": "Allow",
 *           "Action": "lambda:InvokeFunction",
 *           "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:rotate-agents"
 *         }
 *       ]
 *     }
 */
export const awsSecretsManager = defineRotator({
  id: 'aws-secrets-manager',
  title: 'Secret that AWS Secrets Manager rotates by a function of its own',
  proof:
    "the version stages: AWSCURRENT is at the version that this rotation made, and AWSPENDING at no other; that the new value works is for the function's own test step to show",
  meanwhile: 'what the rotation function does; agents read the new value at their next look',
  needs:
    'for `revokers.aws` secretsmanager:RotateSecret and :DescribeSecret on the secret, and lambda:InvokeFunction on its rotation function',
  testedAgainst: 'moto 5.2, which has no functions: a fake of RotateSecret before it follows the API page',
  specSchema: z.strictObject({
    with: z.literal('aws-secrets-manager'),
    /** Its name or ARN. */
    secret_id: z.string().regex(/^[\w/+=.@:-]{1,2048}$/, 'is no secret; write its name or ARN, such as agents/billing'),
    /** Milliseconds that a rotation may take, one that is under way already included. */
    within: durationSchema.default(300_000),
  }),
  tuning: ['within'],
  describe: ({ secret_id: id }) => `let AWS Secrets Manager rotate the secret ${id}`,
  accounts: () => ['aws'],
  prepare(settings, { secret_id: id, within }) {
    const account = awsSettings.parse(settings.aws);
    return { rotate: (notes) => rotate({ account, id, within }, notes) };
  },
});

interface Target {
  readonly account: AwsAccount;
  readonly id: string;
  /** Milliseconds. */
  readonly within: number;
}

async function rotate(target: Target, notes: Notes): Promise<string> {
  const { account, id, within } = target;
  const begun = Number(notes.get('begun') ?? Date.now());
  await notes.keep('begun', String(begun));
  const version = notes.get('version') ?? randomUUID();
  await notes.keep('version', version);
  const waitsFor = await withAws(
    account,
    async (config) => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
    async (client, options) => {
      const look = () => stagesOf(client, options, id);
      const isUnderWay = await start({ client, options, id, version }, await look(), notes);
      if (!isUnderWay) return 'another rotation of it to end';
      const until = performance.now() + WATCHED_MS;
      for (;;) {
        if (hasEnded(id, version, await look(), notes)) return undefined;
        if (performance.now() > until) return 'its rotation function';
        await sleep(LOOK_MS);
      }
    },
  );
  if (waitsFor === undefined)
    return `AWSCURRENT of ${id} is at its new version ${version}, and no longer at ${notes.get('before')}`;
  if (Date.now() < begun + within) throw new NotYet(PAUSE_MS, `for ${waitsFor}`);
  throw new CallError(
    `${id} in AWS Secrets Manager still waits for ${waitsFor} after ${Math.round(within / 1_000)} s, and AWSCURRENT is where it was: the log of the function in CloudWatch says why; AWSPENDING has to be taken off the half-made version before it is rotated again`,
    false,
  );
}

interface Call {
  readonly client: SecretsManager;
  readonly options: Parameters<SecretsManager['rotateSecret']>[1];
  readonly id: string;
  readonly version: string;
}

/** Whether our rotation has begun; false while another one is under way. @throws CallError where none can begin */
async function start(
  call: Call,
  { current, pending, versions, problem }: SecretStages,
  notes: Notes,
): Promise<boolean> {
  const { client, options, id, version } = call;
  // A process that ended in the middle may have made the call.
  if (notes.get('started') !== undefined || versions.has(version)) {
    await notes.keep('started', 'yes');
    return true;
  }
  if (problem !== undefined) throw new CallError(problem, false);
  if (pending !== undefined && pending !== current) return false;
  await notes.keep('before', current ?? '');
  try {
    await client.rotateSecret({ SecretId: id, ClientRequestToken: version, RotateImmediately: true }, options);
  } catch (error) {
    const why = whyNotStarted(id, error);
    if (why === 'under way') return false;
    throw why;
  }
  await notes.keep('started', 'yes');
  return true;
}

/** @throws CallError where it will never end: somebody cancelled it, or wrote another value */
function hasEnded(id: string, version: string, { current, pending, versions }: SecretStages, notes: Notes): boolean {
  const stages = versions.get(version) ?? [];
  if (current === version) return pending === undefined || pending === version;
  if (stages.includes('AWSPENDING')) return false;
  if (stages.includes('AWSPREVIOUS') && current !== notes.get('before')) return true; // rotated again since
  if (stages.length === 0 && current === notes.get('before')) return false; // not shown yet
  throw new CallError(
    `the rotation of ${id} was cancelled, or somebody else wrote to it: AWSCURRENT is at ${current}, and the version of this rotation, ${version}, has ${stages.join(', ') || 'no stage'}`,
    false,
  );
}
