import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { builtOnce, runBuildStep } from './built-once.ts';
import { freePort } from './free-port.ts';
import { borrow } from './pool/borrow.ts';
import { answers, startServerProcess } from './server-process.ts';
import { watchedFolder } from './watched.ts';

/** What a client of AWS signs with. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface MotoServer {
  readonly url: string;
  /** For any client of the SDK: where the server is, and one try. */
  client(credentials: AwsKeys): ClientOptions;
  /** May do everything. */
  readonly admin: AwsKeys;
  /** A new user with an access key of its own and this policy; its name begins with the one given. */
  newUser(name: string, policy: object): Promise<{ readonly user: string; readonly keys: AwsKeys }>;
  /** A new role that everybody may assume, with this policy; its name begins with the one given. */
  newRole(name: string, policy: object): Promise<{ readonly role: string; readonly arn: string }>;
  /** Bodies of the requests so far, where they are `recorded`. */
  requests(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface MotoOptions {
  /** moto writes every request down. */
  readonly recorded?: boolean;
}

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AwsKeys;
  readonly maxAttempts: number;
}

/** Of `moto[server]` only what IAM, STS and Secrets Manager need: half the size. */
const PACKAGES = ['moto==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'];
const READY_TIMEOUT_MS = 30_000;
const REGION = 'us-east-1';

/** A policy that allows these actions on everything, or denies them. */
export const policyThat = (effect: 'Allow' | 'Deny', ...actions: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: effect, Action: actions, Resource: '*' }],
});

/** Where a moto is that others may use. */
export interface MotoAddress {
  readonly url: string;
  readonly admin: AwsKeys;
  /** The file of the requests, where they are recorded. */
  readonly records: string;
}

/** A clean moto for one suite: of the run's pool, else one of its own. Throws MissingServer. */
export async function startMoto({ recorded = false }: MotoOptions = {}): Promise<MotoServer> {
  const borrowed = await borrow<MotoAddress>('moto');
  const { address, stop } = borrowed === undefined ? await ownMoto() : { ...borrowed, stop: borrowed.giveBack };
  if (recorded) await fetch(`${address.url}/moto-api/recorder/start-recording`, { method: 'POST' });
  const { url, admin, records } = address;
  const client = clientOf(url);
  const iam = new IAMClient(client(admin));
  return {
    ...{ url, client, admin, stop },
    requests: () => requestsIn(records),
    newUser: (name, policy) => newUser(iam, name, policy),
    newRole: (name, policy) => newRole(iam, name, policy),
  };
}

async function ownMoto() {
  const { url, records, stop } = await launchMoto();
  return { address: { url, records, admin: await onlyAdmin(url) }, stop };
}

/**
 * moto, which plays AWS on a loopback port: IAM, STS and Secrets Manager, with everything in memory. Keys, signatures and
 * policies' actions are enforced once there is an admin; an inactive key, `Resource` and conditions such as aws:TokenIssueTime
 * are not. Installed here once with Python. Throws MissingServer without it.
 */
export async function launchMoto() {
  const folder = await builtOnce('moto-5.2.5', 'installed', install);
  const port = await freePort();
  const home = watchedFolder('moto');
  const records = join(home, 'requests');
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startServerProcess(
    {
      ...{ name: 'moto', binary: join(folder, 'venv/bin/moto_server'), args: ['-H', '127.0.0.1', '-p', String(port)] },
      ...{ folder: home, timeout: READY_TIMEOUT_MS },
      options: { env: { ...process.env, MOTO_RECORDER_FILEPATH: records } },
    },
    () => answers(`${url}/moto-api/data.json`),
  );
  return { url, records, stop };
}

/** In a moto that holds nothing: a user who may do everything, and from here on keys and policies count. */
export async function onlyAdmin(url: string): Promise<AwsKeys> {
  await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: 'inf' }); // so many requests need no keys
  const nobody = new IAMClient(clientOf(url)({ accessKeyId: 'AKIANOTENFORCEDYET00', secretAccessKey: 'none' }));
  const { keys } = await newUser(nobody, 'admin', policyThat('Allow', '*'));
  await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  return keys;
}

const clientOf =
  (endpoint: string) =>
  (credentials: AwsKeys): ClientOptions => ({ endpoint, region: REGION, credentials, maxAttempts: 1 });

async function requestsIn(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => Buffer.from(JSON.parse(line).body, 'base64').toString());
}

let names = 0;
const unused = (name: string): string => `${name}-${++names}`;

async function newUser(iam: IAMClient, name: string, policy: object) {
  const user = unused(name);
  await iam.send(new CreateUserCommand({ UserName: user }));
  await iam.send(
    new PutUserPolicyCommand({ UserName: user, PolicyName: 'own', PolicyDocument: JSON.stringify(policy) }),
  );
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
  if (key?.AccessKeyId === undefined || key.SecretAccessKey === undefined) throw new Error('moto made no access key');
  return { user, keys: { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey } };
}

async function newRole(iam: IAMClient, name: string, policy: object) {
  const role = unused(name);
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
  };
  const made = await iam.send(
    new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'own', PolicyDocument: JSON.stringify(policy) }),
  );
  return { role, arn: made.Role?.Arn ?? '' };
}

async function install(folder: string): Promise<void> {
  process.stderr.write('Installing moto for the tests, once.\n');
  const venv = join(folder, 'venv');
  const missing = 'moto is not here: install Python 3 with its venv module to have it installed';
  await runBuildStep('python3', ['-m', 'venv', '--clear', venv], { missing, failureIsMissing: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES];
  await runBuildStep(join(venv, 'bin/python'), pip, { missing });
  writeFileSync(join(folder, 'installed'), PACKAGES.join('\n'));
}
