import { NOT_ALLOWED, NOT_AUTHENTICATED } from './aws-cloudtrail.ts';
import { described } from './described.ts';

/** Amazon Bedrock's model invocation log: who called which model, with its tokens, which CloudTrail lacks. */
export const bedrockInvocations = described(
  {
    id: 'bedrock-invocations',
    title: 'Amazon Bedrock, model invocation log',
    dataset: 'aws.bedrock',
    time: { field: 'timestamp', unit: 'iso' },
    action: ['{operation} {modelId}', '{operation}'],
    result: [{ field: 'errorCode', rejected: NOT_AUTHENTICATED, denied: NOT_ALLOWED, else: 'error' }],
    identities: {
      // The session's name changes from run to run, the role's does not.
      credential_id: { field: 'identity.arn', extract: 'arn:*:assumed-role/{}/*' },
      aws_principal_arn: 'identity.arn',
    },
    proof: 'verified',
    tokens_in: 'input.inputTokenCount',
    tokens_out: 'output.outputTokenCount',
    service: 'region',
    trace_id: 'requestId',
  },
  {
    proof: 'AWS checks the signature or key before it writes `identity`; the name of its role is the `credential_id`',
    about: {
      switchOn: "model invocation logging in Bedrock's settings, to S3 or CloudWatch Logs; texts may be left out",
      cannotTell: 'addresses, cost; tokens of a stream that was cut off',
      evidence: 'documented: Amazon Bedrock, model invocation logging, schema 1.0',
    },
    knownBy: { schemaType: 'ModelInvocationLog', modelId: { exists: true } },
  },
);
