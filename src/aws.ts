import { whyAws } from './aws-errors.ts';
import { CallError } from './errors.ts';

/** An AWS account, and as whom to call it. What is absent is found as any program of AWS's SDK finds it. */
export interface AwsAccount {
  readonly region?: string | undefined;
  /** Of something that plays AWS, and serves every service at one address. */
  readonly endpoint?: string | undefined;
  readonly access_key_id?: string | undefined;
  readonly secret_access_key?: { reveal(): string } | undefined;
  /** Assumed with those keys, for 15 minutes. */
  readonly role_arn?: string | undefined;
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What every client of the SDK is made from. */
export interface AwsConfig {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: Keys | (() => Promise<Keys>);
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

/** Given to every call, so that nothing more is sent once the time is over. */
interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** A step ends within 20 s, whatever the SDK waits for: sockets, retries, or a program that prints credentials. */
const TIMEOUT_MS = 15_000;

/**
 * Talks to one service of AWS, and hangs up. `make` imports the SDK's client when it is needed: that takes 100 ms.
 * @throws CallError
 */
export async function withAws<Client extends { destroy(): void }, T>(
  account: AwsAccount,
  make: (config: AwsConfig) => Promise<Client>,
  work: (client: Client, options: CallOptions) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const late = new Promise<never>((_, reject) => {
    timeout.onabort = () => reject(new CallError(`AWS: no answer within ${TIMEOUT_MS / 1000} s`, true));
  });
  const secrets = secretsOf(account);
  let client: Client | undefined;
  const talk = async () => {
    client = await make(configOf(account, secrets));
    return work(client, { abortSignal: timeout });
  };
  try {
    return await Promise.race([talk(), late]);
  } catch (error) {
    throw whyAws(error, secrets);
  } finally {
    timeout.onabort = null;
    client?.destroy();
  }
}

const secretsOf = ({ secret_access_key: secret }: AwsAccount): string[] =>
  secret === undefined ? [] : [secret.reveal()];

/** A second attempt, since the SDK learns from the first one that the clock here is wrong. `secrets` grows by those of a session. */
function configOf(account: AwsAccount, secrets: string[]): AwsConfig {
  const { region, endpoint, role_arn: role } = account;
  const keys = keysOf(account);
  const own = {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(keys !== undefined && { credentials: keys }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 6_000, throwOnRequestTimeout: true },
  };
  if (role === undefined) return own;
  const credentials = async () => {
    const session = await assume(role, own);
    secrets.push(session.secretAccessKey, ...(session.sessionToken === undefined ? [] : [session.sessionToken]));
    return session;
  };
  return { ...own, credentials };
}

function keysOf({ access_key_id: accessKeyId, secret_access_key: secret }: AwsAccount): Keys | undefined {
  if (accessKeyId === undefined || secret === undefined) return undefined;
  return { accessKeyId, secretAccessKey: secret.reveal() };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
async function assume(role: string, config: AwsConfig): Promise<Keys> {
  const { STS } = await import('@aws-sdk/client-sts');
  const sts = new STS(config);
  try {
    const request = { RoleArn: role, RoleSessionName: 'wayward', DurationSeconds: 900 };
    const { Credentials: keys } = await sts.assumeRole(request);
    if (keys?.AccessKeyId === undefined || keys.SecretAccessKey === undefined)
      throw new CallError('AWS gave no credentials for role_arn', true);
    return {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      ...(keys.SessionToken !== undefined && { sessionToken: keys.SessionToken }),
      ...(keys.Expiration !== undefined && { expiration: keys.Expiration }),
    };
  } finally {
    sts.destroy();
  }
}
