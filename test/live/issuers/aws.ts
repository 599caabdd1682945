import { readFileSync } from 'node:fs';
import { SecretsManager, type SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import { awsDenyAll } from '../../../src/revokers/aws-deny-all.ts';
import { policyOf } from '../../revokers/vault-responder.ts';
import { policyThat, startMoto } from '../../servers/moto.ts';
import { orStop } from '../../servers/start-together.ts';
import { entryOf, type Holder, refusalOf, type StartIssuer } from './issuer.ts';
import { startLoggingProxy } from './logging-proxy.ts';

/** Each request names its key in the signature, and its action in a header. */
const LOG = `
map $http_authorization $key_id { default ""; "~Credential=(?<id>[A-Z0-9]+)/" $id; }
log_format aws escape=json '{"time":"$msec","caller":"$key_id","action":"$http_x_amz_target","status":$status,'
  '"remote":"$remote_addr","user_agent":"$http_user_agent","bytes":$body_bytes_sent}';
access_log /var/log/nginx/access.json aws;`;

/** AWS answers 403 to a signature that is none as well: so nobody answers for one. */
const FORMAT = {
  id: 'egress',
  dataset: 'egress.access',
  time: { field: 'time', unit: 's' },
  action: '{action}',
  result: { field: 'status', rejected: [401, 403], error: ['4xx', '5xx'] },
  identities: { aws_access_key_id: 'caller' },
  proof: { field: 'status', verified: [200] }, // AWS does what a signature asks for only once it has checked it
  ...{ source_ip: 'remote', client: 'user_agent', bytes: 'bytes', status: 'status' },
};

/** Of a call to IAM, the action stands in the body. */
const LOG_OF_CALLS = `
log_format calls escape=json '$request_body';
access_log /var/log/nginx/access.json calls;`;

const AGENT = policyThat('Allow', 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue');
const SECRET = 'billing/smtp';

/** A user with a key of its own, seen by an nginx on the way out to AWS. */
export const startAwsIssuer: StartIssuer = async (names) => {
  const server = await startMoto();
  const port = Number(new URL(server.url).port);
  const proxy = await orStop(server, () => startLoggingProxy(port, LOG));
  const ownProxy = await startLoggingProxy(port, LOG_OF_CALLS);
  const admin = new SecretsManager(server.client(server.admin));
  await admin.createSecret({ Name: SECRET, SecretString: 'x' });
  // Of calls to IAM, moto takes the resource for `*`, so that a narrower one would allow nothing.
  const policy = policyOf(awsDenyAll).replaceAll(/"Resource": "[^"]+"/g, '"Resource": "*"');
  const responder = await server.newUser('responder', JSON.parse(policy));

  async function holderOf(agent: string): Promise<Holder> {
    const { user, keys } = await server.newUser(agent, AGENT);
    const client = new SecretsManager({ ...server.client(keys), endpoint: proxy.url });
    return {
      entry: entryOf(agent, {
        ...{ slot: 'aws', kind: 'aws-access-key', match: { aws_access_key_id: keys.accessKeyId } },
        scopes: ['secretsmanager.DescribeSecret'],
        revoke: { with: 'aws-deny-all', user },
      }),
      use: async () => refusalOf(await statusOf(client.describeSecret({ SecretId: SECRET })), 403),
      async offend() {
        await client.getSecretValue({ SecretId: SECRET });
      },
      close: async () => client.destroy(),
    };
  }
  return {
    settings: {
      sources: [{ file: proxy.log }],
      formats: [FORMAT],
      revokers: {
        aws: {
          ...{ endpoint: ownProxy.url, region: 'us-east-1', access_key_id: responder.keys.accessKeyId },
          secret_access_key: 'secret://file/responder',
        },
      },
    },
    secrets: { responder: responder.keys.secretAccessKey },
    holders: await Promise.all(names.map(holderOf)),
    async revocations() {
      const calls = readFileSync(ownProxy.log, 'utf8').split('\n');
      return calls.filter((body) => body.includes('Action=PutUserPolicy')).length;
    },
    async stop() {
      admin.destroy();
      await proxy.stop();
      await ownProxy.stop();
      await server.stop();
    },
  };
};

/** moto refuses in XML, which the client can't read: the status says enough. */
async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  try {
    await call;
    return 200;
  } catch (error) {
    return (error as SecretsManagerServiceException).$metadata?.httpStatusCode;
  }
}
