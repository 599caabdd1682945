import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { runIn } from './process.ts';

describeWith('wayward rotate on AWS', startMoto, (server) => {
  test('a rotation that only waits for the end of keep_old is no failure; the next call does not begin another one', async () => {
    const { url, admin, client, newUser } = server();
    const { user, keys } = await newUser('agent', policyThat('Deny', 's3:*'));
    const secrets = new SecretsManager(client(admin));
    const first = { AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey };
    await secrets.createSecret({ Name: 'agents/reports', SecretString: JSON.stringify({ Version: 1, ...first }) });

    const folder = temporaryFolder();
    writeFileSync(join(folder, 'aws.key'), admin.secretAccessKey, { mode: 0o600 });
    const aws = { region: 'us-east-1', endpoint: url, access_key_id: admin.accessKeyId };
    const config = { state: 'state', revokers: { aws: { ...aws, secret_access_key: 'secret://file/aws.key' } } };
    writeFileSync(join(folder, 'wayward.yaml'), stringify(config));
    const entry = {
      ...{ id: 'cred-aws', agent: 'reports', kind: 'aws-access-key', issued_at: '2026-01-01T00:00:00Z' },
      match: { aws_principal_arn: `arn:aws:iam::123456789012:user/${user}` },
      rotate: { with: 'aws-access-key', user, secret: 'secret://aws-secrets-manager/agents/reports' },
    };
    writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials: [entry] }));

    for (let call = 0; call < 2; call++) {
      const args = [
        'rotate',
        '--credential',
        'cred-aws',
        '--execute',
        '--as',
        'ann',
        '--credentials',
        'credentials.yaml',
      ];
      const { code, stdout, stderr } = await runIn(folder, args);
      expect(code, stderr).toBe(0);
      const step = JSON.parse(stdout);
      expect(step).toMatchObject({ credential: 'cred-aws', state: 'calling' });
      expect(step.note).toMatch(/^waits: the new key is in use; the old one \(AKIA\w+\) works for \d+ s more$/);
      expect(stdout + stderr).not.toContain(first.SecretAccessKey);
    }
    // Named, since moto's own idea of the current version does not follow its stages.
    const current = await secrets.getSecretValue({ SecretId: 'agents/reports', VersionStage: 'AWSCURRENT' });
    expect(JSON.parse(current.SecretString ?? '').AccessKeyId).not.toBe(first.AccessKeyId);
    const { Versions: versions = [] } = await secrets.listSecretVersionIds({ SecretId: 'agents/reports' });
    expect(versions).toHaveLength(2);
  });
});
