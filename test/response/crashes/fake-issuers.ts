import { GCP_REVOKERS, permissionsOf } from '../../revokers/gcp-responder.ts';
import { startFakeAuthensor } from '../../servers/fake-authensor.ts';
import { startFakeGcp } from '../../servers/fake-gcp.ts';
import { gcpAgent } from '../../servers/gcp-agent.ts';
import type { CrashIssuer, LiveCredential } from './issuers.ts';

const PROJECT = 'billing-prod';

/** Google Cloud (a fake), with an account for Wayward that may do what its revokers need. */
export async function gcp(): Promise<CrashIssuer> {
  const fake = await startFakeGcp();
  let count = 0;
  const newAccount = (permissions: readonly string[]) => fake.newAccount(`account-${++count}`, permissions);
  const { file } = newAccount(GCP_REVOKERS.flatMap((revoker) => permissionsOf(revoker))).newKey();
  const callsTo = async (call: string): Promise<number> => fake.calls.filter((made) => made === call).length;

  /** Dead once its holder gets no token any more. */
  async function keyDead(change: 'POST' | 'DELETE', verb: string): Promise<LiveCredential> {
    const { email, newKey } = newAccount([]);
    const key = newKey();
    const agent = gcpAgent(fake, key.file);
    return {
      spec: { project: PROJECT, account: email, key: key.id },
      isDead: async () => (await agent.logIn()) !== 'ok',
      effects: () => callsTo(`${change} v1/projects/${PROJECT}/serviceAccounts/${email}/keys/${key.id}${verb}`),
    };
  }

  async function serviceAccount(): Promise<LiveCredential> {
    const { email, newKey } = newAccount([]);
    const agent = gcpAgent(fake, newKey().file);
    return {
      spec: { project: PROJECT, account: email },
      isDead: async () => (await agent.logIn()) !== 'ok',
      effects: () => callsTo(`POST v1/projects/${PROJECT}/serviceAccounts/${email}:disable`),
    };
  }

  async function secretVersion(): Promise<LiveCredential> {
    const secret = `secret-${++count}`;
    fake.newSecret(secret);
    const permissions = ['secretmanager.versions.add', 'secretmanager.versions.access'];
    const agent = gcpAgent(fake, newAccount(permissions).newKey().file);
    await agent.logIn();
    const path = `v1/projects/${PROJECT}/secrets/${secret}`;
    await agent.post(`${fake.secretManagerUrl}${path}:addVersion`, { payload: { data: btoa('value') } });
    const read = () => agent.get(`${fake.secretManagerUrl}${path}/versions/1:access`);
    return {
      spec: { project: PROJECT, secret, version: 1 },
      isDead: async () => (await read()).status !== 200,
      effects: () => callsTo(`POST ${path}/versions/1:disable`),
    };
  }

  return {
    settings: {
      gcp: {
        key: 'secret://file/issuer',
        iam_url: fake.iamUrl,
        secret_manager_url: fake.secretManagerUrl,
        metadata_url: fake.metadataUrl,
      },
    },
    secrets: { issuer: file },
    stop: fake.stop,
    newCredential: {
      'gcp-service-account-key': () => keyDead('POST', ':disable'),
      'gcp-service-account-key-delete': () => keyDead('DELETE', ''),
      'gcp-service-account': serviceAccount,
      'gcp-secret-version': secretVersion,
    },
  };
}

/** Authensor's control plane (a fake). */
export async function authensor(): Promise<CrashIssuer> {
  const fake = await startFakeAuthensor();
  let count = 0;
  return {
    settings: { authensor: { url: fake.url, key: 'secret://file/issuer' } },
    secrets: { issuer: fake.newKey('admin').token },
    stop: fake.stop,
    newCredential: {
      async authensor() {
        const principal = `agent-${++count}`;
        const { id, token } = fake.newKey('ingest', principal);
        return {
          spec: { principal },
          isDead: async () => (await fake.use(token)) === 401,
          effects: async () => fake.calls.filter((call) => call === `POST /keys/${id}/revoke`).length,
        };
      },
    },
  };
}
