import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { policyOf } from './vault-responder.ts';

const policySchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.literal('Allow'),
      Action: z.array(z.string().regex(/^iam:\w+$/)),
      Resource: z.string().regex(/^arn:aws:iam::\d+:(user|role)\/agents\/\*$/),
    }),
  ),
});

/** Each right as `action resource`. */
const rightsOf = (text: string): string[] =>
  policySchema
    .parse(JSON.parse(text))
    .Statement.flatMap(({ Action: actions, Resource: on }) => actions.map((action) => `${action} ${on}`));

const ofAws = REVOKERS.filter(({ settingsOf }) => settingsOf === 'aws');

test('the policy of docs/issuers.md has the rights of every revoker of AWS, and no more', () => {
  const docs = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8');
  const shown = /^```json\n(\{\n {2}"Version"[\s\S]*?)^```$/m.exec(docs)?.[1] ?? '';
  const each = new Set(ofAws.flatMap((revoker) => rightsOf(policyOf(revoker))));
  expect(rightsOf(shown).toSorted()).toEqual([...each].toSorted());
});

test.each(ofAws)('what $id says that it needs is what its policy allows', (revoker) => {
  for (const right of rightsOf(policyOf(revoker))) {
    const [action = ''] = right.split(' ');
    const inWords =
      action.endsWith('RolePolicy') || action.endsWith('RolePolicies') ? /RolePolicy/ : new RegExp(action);
    expect(revoker.needs).toMatch(inWords);
  }
});
