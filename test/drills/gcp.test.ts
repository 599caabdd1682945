import { expect, test } from 'vitest';
import { LEFT_AFTER } from '../../src/drills/drill.ts';
import type { Revoker } from '../../src/response/action.ts';
import { gcpServiceAccountKey } from '../../src/revokers/gcp-service-account-key.ts';
import { NOW } from '../response/response-of.ts';
import { permissionsOf, settingsOf } from '../revokers/gcp-responder.ts';
import { policyOf } from '../revokers/vault-responder.ts';
import { type FakeAccount, startFakeGcp } from '../servers/fake-gcp.ts';
import { gcpAgent } from '../servers/gcp-agent.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

const needed = () => [
  ...permissionsOf(gcpServiceAccountKey),
  ...policyOf({ id: 'gcp-service-account-key' }, {}, 'drills')
    .split('\n')
    .map((line) => line.replace('- ', '')),
];

describeWith('a drill on Google Cloud (a fake that holds its contract)', startFakeGcp, (fake) => {
  let count = 0;
  async function scene(permissions = needed()) {
    const name = `drill-${++count}`;
    const canary: FakeAccount = fake().newAccount(`${name}-canary`);
    const { file } = fake().newAccount(name, permissions).newKey();
    const entry = { with: 'gcp-service-account-key', project: canary.project, account: canary.email };
    return { canary, entry, settings: { gcp: await settingsOf(fake(), file) } };
  }
  const worksStill = async (key: { readonly file: string }) => (await gcpAgent(fake(), key.file).logIn()) === 'ok';

  test('with the documented permissions and no more: a key is made, used, disabled over the whole path, refused, and deleted', async () => {
    const { entry, settings } = await scene();
    const { response, hold } = drillsOf(settings);
    const report = await hold(entry);
    expect(report).toMatchObject({ passed: true, note: 'the token endpoint refused the key (invalid_grant)' });
    expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-passed']);
    expect(fake().calls.at(-1)).toMatch(/^DELETE v1\/projects\/billing-prod\/serviceAccounts\/.+\/keys\/[0-9a-f]{40}$/);
  });

  test('cleans up keys that are old enough, and no other ones', async () => {
    const { canary, entry, settings } = await scene();
    const [old, young] = [NOW - LEFT_AFTER - 1, NOW - LEFT_AFTER].map((time) =>
      canary.newKey(new Date(time).toISOString()),
    );
    if (old === undefined || young === undefined) throw new Error('no keys');
    expect(await drillsOf(settings).hold(entry)).toMatchObject({ passed: true });
    expect([await worksStill(old), await worksStill(young)]).toEqual([false, true]);
  });

  test('a revoker that claims to have revoked is found out', async () => {
    const { entry, settings } = await scene();
    const liar: Revoker = {
      ...gcpServiceAccountKey,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const { note } = await drillsOf(settings, {}, [], { revokers: [liar] }).hold({ ...entry, objective: '1s' });
    expect(note).toMatch(/^refuse: the key still works: it was given an access token/);
  });

  test.each(['create', 'list'])('without the permission to %s keys it is named', async (verb) => {
    const permission = `iam.serviceAccountKeys.${verb}`;
    const { entry, settings } = await scene(needed().filter((other) => other !== permission));
    expect((await drillsOf(settings).hold(entry)).note).toContain(`its account needs ${permission} on`);
  });
});
