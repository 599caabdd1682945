import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CREDENTIAL_KINDS } from '../../src/attribution/credential.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';

const docs = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8');
const [, table = ''] = /## Which revoker for which credential\n(.*?)(?=\n## |$)/s.exec(docs) ?? [];
const rows = table.split('\n').filter((line) => line.startsWith('| `'));
const quoted = (text: string): string[] => [...text.matchAll(/`([a-z-]+)`/g)].map(([, word = '']) => word);

test('the table of docs/issuers.md has each kind of credential once', () => {
  const kinds = rows.flatMap((row) => quoted(row.split('|')[1] ?? ''));
  expect(kinds.sort()).toEqual([...CREDENTIAL_KINDS].sort());
});

test.each([
  ['step that can be undone', 2, true],
  ['final step', 3, false],
] as const)('its column "%s" names revokers that are so', (_, column, reversible) => {
  const named = rows.flatMap((row) => quoted(row.split('|')[column] ?? ''));
  expect(named.length).toBeGreaterThan(5);
  for (const id of named) {
    const revoker = REVOKERS.find((one) => one.id === id);
    expect(revoker, id).toBeDefined();
    // Whether what somebody wrote themselves can be undone is their business.
    if (id !== 'command' && id !== 'webhook') expect(revoker?.reversible, id).toBe(reversible);
  }
});

test('the table of issuers in docs/issuers.md names each revoker once', () => {
  const [, issuers = ''] = /\n\| issuer \|[^\n]*\n(.*?)\n\n/s.exec(docs) ?? [];
  const named = issuers.split('\n').flatMap((line) => quoted(line.split('|')[2] ?? ''));
  expect(named.sort()).toEqual(REVOKERS.map(({ id }) => id).sort());
});
