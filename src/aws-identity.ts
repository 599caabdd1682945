import { type AwsAccount, withAws } from './aws.ts';

/** What AWS makes of a key: whose it is, or the code with which it refuses it. */
export type AwsIdentity = { readonly arn: string } | { readonly refusal: string };

/** AWS knows no such key, or no longer; a new one is known everywhere only after some seconds. */
const REFUSALS: ReadonlySet<string> = new Set(['InvalidClientTokenId', 'UnrecognizedClientException']);

/**
 * Whose the keys of an account are: needs no right.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 * @throws CallError where AWS says neither
 */
export const identityOf = (account: AwsAccount): Promise<AwsIdentity> =>
  withAws(
    account,
    async (config) => new (await import('@aws-sdk/client-sts')).STS(config),
    async (sts, options) => {
      try {
        return { arn: (await sts.getCallerIdentity({}, options)).Arn ?? '' };
      } catch (error) {
        if (error instanceof Error && REFUSALS.has(error.name)) return { refusal: error.name };
        throw error;
      }
    },
  );
