import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { type FakeAuthensor, startFakeAuthensor } from '../servers/fake-authensor.ts';
import { type FakeGcp, startFakeGcp } from '../servers/fake-gcp.ts';
import { gcpAgent } from '../servers/gcp-agent.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { runIn } from './process.ts';

const PERMISSIONS = [
  ...['get', 'disable', 'enable'].map((verb) => `iam.serviceAccounts.${verb}`),
  ...['get', 'disable', 'enable', 'delete'].map((verb) => `iam.serviceAccountKeys.${verb}`),
  'secretmanager.versions.add',
  'secretmanager.versions.access',
];

const startBoth = () => startTogether({ gcp: startFakeGcp, authensor: startFakeAuthensor });

describeWith('an agent with credentials of Google Cloud and Authensor (fakes)', startBoth, (servers) => {
  /** A folder with configuration and registry: Authensor's admin key lies in Secret Manager. */
  async function prepared(gcp: FakeGcp, authensor: FakeAuthensor) {
    const responder = gcp.newAccount('wayward', PERMISSIONS);
    const { file } = responder.newKey();
    const admin = authensor.newKey('admin').token;
    gcp.newSecret('authensor');
    const own = gcpAgent(gcp, file);
    await own.logIn();
    const secret = `${gcp.secretManagerUrl}v1/projects/billing-prod/secrets/authensor`;
    await own.post(`${secret}:addVersion`, { payload: { data: btoa(JSON.stringify({ key: admin })) } });

    const agent = gcp.newAccount('agent', []);
    const [first, second] = [agent.newKey(), agent.newKey()];
    const tokens = [authensor.newKey('ingest', 'agent-7').token, authensor.newKey('executor', 'agent-7').token];
    const folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
    write('gcp.json', file);
    write(
      'wayward.yaml',
      `secret_providers:
  gcp-secret-manager: { url: '${gcp.secretManagerUrl}', key: secret://file/gcp.json }
revokers:
  gcp: { key: secret://file/gcp.json, iam_url: '${gcp.iamUrl}' }
  authensor: { url: '${authensor.url}', key: 'secret://gcp-secret-manager/projects/billing-prod/secrets/authensor#key' }
`,
    );
    const at = `project: billing-prod, account: ${agent.email}`;
    write(
      'credentials.yaml',
      `credentials:
  - { id: account, agent: a, kind: gcp-service-account, revoke: { with: gcp-service-account, ${at} } }
  - { id: key-1, agent: a, kind: gcp-service-account, parent: account, revoke: { with: gcp-service-account-key, ${at}, key: ${first.id} } }
  - { id: key-2, agent: a, kind: gcp-service-account, parent: account, revoke: { with: gcp-service-account-key-delete, ${at}, key: ${second.id} } }
  - { id: authensor, agent: a, kind: authensor-key, revoke: { with: authensor, principal: agent-7 } }
`,
    );
    const keys = [gcpAgent(gcp, first.file), gcpAgent(gcp, second.file)];
    const canaries = [file, JSON.parse(file).private_key, JSON.stringify(JSON.parse(file).private_key), admin];
    return { folder, keys, tokens, canaries };
  }

  test('one command ends all of it, another brings back what can be; no secret is written anywhere', async () => {
    const { gcp, authensor } = servers();
    const { folder, keys, tokens, canaries } = await prepared(gcp, authensor);
    const logIns = () => Promise.all(keys.map((agent) => agent.logIn()));
    const uses = () => Promise.all(tokens.map((token) => authensor.use(token)));
    expect([...(await logIns()), ...(await uses())]).toEqual(['ok', 'ok', 200, 200]);

    const plan = await runIn(folder, ['revoke', '--agent', 'a']);
    expect(plan.code, plan.stderr).toBe(0);
    expect(await logIns()).toEqual(['ok', 'ok']); // a plan touches nothing

    // The first read is of Wayward's own secret; the first look at the account shows it as it was: not proven yet, so it is asked again.
    gcp.lag(2);
    const revoke = await runIn(folder, ['revoke', '--agent', 'a', '--execute']);
    expect(revoke.stderr).toContain('called, but IAM says that the service account is ENABLED');
    expect(revoke.code, revoke.stderr).toBe(0);
    for (const id of ['account', 'key-1', 'key-2', 'authensor']) expect(revoke.stderr).toContain(`${id}: verified`);
    expect(await logIns()).toEqual(Array(2).fill('invalid_grant: Robot is disabled.'));
    expect(await uses()).toEqual([401, 401]);

    const restore = await runIn(folder, ['restore', '--agent', 'a', '--execute']);
    expect(await logIns()).toEqual(['ok', 'invalid_grant: Invalid JWT Signature.']);
    expect(await uses()).toEqual([401, 401]);

    const state = readdirSync(join(folder, '.wayward'), { recursive: true, withFileTypes: true });
    const written = state
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const shown = [plan, revoke, restore].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    const everything = [...written, ...shown].join('\n');
    expect(everything).toContain('IAM has the account, and no such key of it any more'); // the record is among it
    for (const secret of canaries) expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/canary|PRIVATE KEY/);
  });
});
