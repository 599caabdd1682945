import { IAM } from '@aws-sdk/client-iam';
import { AGENT, use } from '../../revokers/aws-responder.ts';
import { startMoto } from '../../servers/moto.ts';
import type { CrashIssuer, LiveCredential } from './issuers.ts';

/** AWS as moto plays it, which writes down every request. */
export async function aws(): Promise<CrashIssuer> {
  const server = await startMoto({ recorded: true });
  const { accessKeyId, secretAccessKey } = server.admin;
  const iam = new IAM(server.client(server.admin));

  /** Requests of that action that name that user or role. */
  const requestsFor = async (action: string, name: string): Promise<number> => {
    const forms = (await server.requests()).map((body) => new URLSearchParams(body));
    return forms.filter((form) => form.get('Action') === action && [...form.values()].includes(name)).length;
  };

  const newUser = async () => {
    const { user, keys } = await server.newUser('agent', AGENT);
    return { user, keys, spec: { user, access_key_id: keys.accessKeyId } };
  };

  /** moto goes on taking an inactive key. */
  async function accessKey(): Promise<LiveCredential> {
    const { user, spec } = await newUser();
    const statuses = async () => (await iam.listAccessKeys({ UserName: user })).AccessKeyMetadata ?? [];
    return {
      spec,
      isDead: async () => (await statuses()).every(({ Status }) => Status === 'Inactive'),
      effects: () => requestsFor('UpdateAccessKey', user),
    };
  }

  async function accessKeyDelete(): Promise<LiveCredential> {
    const { user, keys, spec } = await newUser();
    return {
      spec,
      isDead: async () => (await use(server, keys)) !== 'ok',
      effects: () => requestsFor('DeleteAccessKey', user),
    };
  }

  async function denyAll(): Promise<LiveCredential> {
    const { user, keys } = await newUser();
    const before = await requestsFor('PutUserPolicy', user); // its own policy
    return {
      spec: { user },
      isDead: async () => (await use(server, keys)) !== 'ok',
      effects: async () => (await requestsFor('PutUserPolicy', user)) - before,
    };
  }

  /** moto does not look at the time of a session. */
  async function roleSessions(): Promise<LiveCredential> {
    const { role } = await server.newRole('role', AGENT);
    const before = await requestsFor('PutRolePolicy', role);
    const policies = async () => (await iam.listRolePolicies({ RoleName: role })).PolicyNames ?? [];
    return {
      spec: { role },
      isDead: async () => (await policies()).includes('WaywardRevokeOlderSessions'),
      effects: async () => (await requestsFor('PutRolePolicy', role)) - before,
    };
  }

  return {
    settings: {
      aws: {
        endpoint: server.url,
        region: 'us-east-1',
        access_key_id: accessKeyId,
        secret_access_key: 'secret://file/issuer',
      },
    },
    secrets: { issuer: secretAccessKey },
    newCredential: {
      'aws-access-key': accessKey,
      'aws-access-key-delete': accessKeyDelete,
      'aws-deny-all': denyAll,
      'aws-role-sessions': roleSessions,
    },
    async stop() {
      iam.destroy();
      await server.stop();
    },
  };
}
