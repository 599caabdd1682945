import { z } from 'zod';
import { defineKind } from '../detector.ts';

/** A secret stood in the log in clear: whoever reads the log holds it. */
export const secretInLog = defineKind({
  id: 'secret-in-log',
  title: 'A secret stood in a log record in clear.',
  trigger: 'use',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, principal }, report) => {
      const leak = at.use.leaks[0];
      if (!leak) return;
      const who = at.attribution.credential?.agent ?? principal.name;
      report({
        subject: `${leak.kind} in ${leak.field}`,
        reason: `${who} put a secret (${leak.kind}) into ${leak.field} of ${at.use.dataset}, where everybody who reads the log can take it`,
        observed: leak.kind,
        expected: 'no secret in the log',
      });
    },
});
