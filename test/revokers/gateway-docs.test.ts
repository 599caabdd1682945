import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { envoy } from '../../src/revokers/envoy.ts';
import { nginx } from '../../src/revokers/nginx.ts';
import { snippets } from './docs-snippet.ts';

test('the settings and entries that the docs show for gateways are accepted', () => {
  const [entry = ''] = snippets('issuers.md', '## Gateways: nginx and Envoy', 'yaml');
  const { revoke } = parse(entry);
  expect(nginx.specSchema.parse(revoke)).toMatchObject(revoke);
  expect(envoy.specSchema.parse({ ...revoke, with: 'envoy' })).toMatchObject({ ...revoke, with: 'envoy' });

  const [settings = ''] = snippets('issuers.md', '### nginx', 'yaml');
  const { denied, probe, ...defaults } = parse(settings).revokers.nginx;
  expect(nginx.settingsSchema.parse({ denied, probe })).toEqual({ denied, probe, ...defaults });
  const withReload = parse(settings.replace('# reload:', 'reload:')).revokers.nginx;
  expect(nginx.settingsSchema.parse(withReload)).toMatchObject({ reload: ['sudo', 'systemctl', 'reload', 'nginx'] });

  const [, envoySettings = ''] = snippets('issuers.md', '### Envoy', 'yaml');
  const { header, ...needed } = parse(envoySettings).revokers.envoy;
  expect(envoy.settingsSchema.parse(needed)).toEqual({ ...needed, header });
});
