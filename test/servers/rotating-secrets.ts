import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { type MotoServer, startMoto } from './moto.ts';

/** One rotation of a secret, as its function is told of it. */
export interface RotationEvent {
  readonly SecretId: string;
  /** Id of the version that it makes. */
  readonly ClientRequestToken: string;
}

export interface RotatingSecrets {
  /** Of Secrets Manager as a whole: RotateSecret is the fake's, everything else moto's. */
  readonly url: string;
  readonly moto: MotoServer;
  /** As administrator, past the fake. */
  readonly admin: SecretsManager;
  /** Switches rotation on for a secret, by this function. */
  configure(name: string, run: (event: RotationEvent) => Promise<void>): void;
  /** As CancelRotateSecret does. */
  switchOff(name: string): void;
  /** Rotations that were begun, by name of the secret. */
  readonly begun: readonly string[];
  stop(): Promise<void>;
}

const KNOWN = ['SecretId', 'ClientRequestToken', 'RotateImmediately', 'RotationLambdaARN', 'RotationRules'];

interface Rotated {
  readonly run: (event: RotationEvent) => Promise<void>;
  isOn: boolean;
  /** Versions that RotateSecret made, which are empty until the function fills them. */
  readonly tokens: Set<string>;
}

/**
 * A fake of RotateSecret before moto, which has no rotation functions and moves AWSCURRENT at once to an empty version. As the API page says:
 * it begins the rotation that is configured, and answers before that has ended; the token becomes the version's id, and the same token again
 * begins nothing; while AWSPENDING is at a version that is not the current one, it refuses. DescribeSecret is moto's, with what is
 * configured and the empty version added. Rights and signatures of RotateSecret are not looked at here.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 */
export async function startRotatingSecrets(): Promise<RotatingSecrets> {
  const moto = await startMoto();
  const admin = new SecretsManager(moto.client(moto.admin));
  const secrets = new Map<string, Rotated>();
  const begun: string[] = [];

  async function rotateSecret(asked: Record<string, unknown>): Promise<Answer> {
    const { SecretId: id, ClientRequestToken: token } = asked;
    if (Object.keys(asked).some((key) => !KNOWN.includes(key))) return refusal('ValidationException', 'unknown field');
    if (typeof id !== 'string' || typeof token !== 'string' || token.length < 32 || token.length > 64)
      return refusal('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.');
    const secret = secrets.get(id);
    if (secret === undefined)
      return refusal('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.');
    const { ARN, Name, VersionIdsToStages = {} } = await admin.describeSecret({ SecretId: id });
    const answer = json({ ARN, Name, VersionId: token });
    if (secret.tokens.has(token)) return answer;
    const stages = Object.values({ ...emptyVersions(secret, VersionIdsToStages), ...VersionIdsToStages });
    if (stages.some((at) => at.includes('AWSPENDING') && !at.includes('AWSCURRENT')))
      return refusal(
        'InvalidRequestException',
        "A previous rotation isn't complete. That rotation will be reattempted.",
      );
    secret.tokens.add(token);
    secret.isOn = true;
    begun.push(id);
    setImmediate(() => secret.run({ SecretId: id, ClientRequestToken: token }).catch(() => {})); // nobody hears of its failure
    return answer;
  }

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const action = String(incoming.headers['x-amz-target']).split('.')[1];
    const asked: Record<string, unknown> = action === undefined ? {} : JSON.parse(body.toString());
    let answer = action === 'RotateSecret' ? await rotateSecret(asked) : await passOn(moto.url, incoming.headers, body);
    const secret = secrets.get(String(asked.SecretId));
    if (action === 'DescribeSecret' && answer.status === 200 && secret !== undefined) {
      const said = JSON.parse(answer.body);
      const versions = { ...emptyVersions(secret, said.VersionIdsToStages), ...said.VersionIdsToStages };
      answer = json({ ...said, RotationEnabled: secret.isOn, VersionIdsToStages: versions });
    }
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ moto, admin, begun },
    configure: (name, run) => void secrets.set(name, { run, isOn: true, tokens: new Set() }),
    switchOff(name) {
      const secret = secrets.get(name);
      if (secret !== undefined) secret.isOn = false;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      admin.destroy();
      await moto.stop();
    },
  };
}

/** Those that moto does not have yet, since nobody has filled them. */
const emptyVersions = ({ tokens }: Rotated, known: object = {}): Record<string, string[]> =>
  Object.fromEntries(
    [...tokens].filter((token) => !Object.hasOwn(known, token)).map((token) => [token, ['AWSPENDING']]),
  );

interface Answer {
  readonly status: number;
  readonly body: string;
}

const json = (value: object): Answer => ({ status: 200, body: JSON.stringify(value) });
const refusal = (type: string, Message: string): Answer => ({
  status: 400,
  body: JSON.stringify({ __type: type, Message }),
});

/** With the name of the host that was signed. */
const passOn = (target: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(target, { method: 'POST', headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    outgoing.once('error', reject).end(body);
  });

/**
 * A rotation function in the form of AWS's templates: createSecret, setSecret, testSecret, finishSecret.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export const rotationFunction =
  (
    admin: SecretsManager,
    newValue: () => string,
    set: (value: string) => Promise<void> = async () => undefined,
  ): ((event: RotationEvent) => Promise<void>) =>
  async ({ SecretId, ClientRequestToken }) => {
    const value = newValue();
    const pending = { SecretString: value, VersionStages: ['AWSPENDING'] };
    await admin.putSecretValue({ SecretId, ClientRequestToken, ...pending });
    await set(value);
    const { VersionId: current } = await admin.getSecretValue({ SecretId });
    if (current === undefined) throw new Error('no current version');
    const from = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current };
    await admin.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', ...from });
  };
