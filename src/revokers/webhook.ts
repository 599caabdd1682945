import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { cleanText } from '../formats/redact.ts';
import { httpUrl, problemOfWebhook } from '../http-url.ts';
import type { CallContext, Verification } from '../response/action.ts';
import { scrub } from '../scrub.ts';
import { type CloudEvent, cloudEvent, deliver } from '../webhook.ts';
import { defineRevoker } from './revoker.ts';

const urlSchema = httpUrl().meta({ example: 'https://issuer.example.com/revoke' });

/**
 * Any issuer that has no revoker of its own: a signed POST to a receiver that does the work. With `verify_url`, that
 * one is asked afterwards and answers `{"dead": true, "proof": "…"}`; without, a 2xx is all there is and the step
 * ends as called, never as verified.
 */
export const webhook = defineRevoker({
  id: 'webhook',
  title: 'Signed webhook',
  reversible: false,
  undo: 'whatever the receiver offers',
  cannotStop: 'anything that the receiver leaves undone',
  needs: 'a receiver that verifies the signature (standardwebhooks.com) and drops ids that it has seen',
  testedAgainst: 'a receiver that checks signatures',
  settingsSchema: z.strictObject({ secret: secretSchema }),
  specSchema: z
    .strictObject({
      with: z.literal('webhook'),
      url: urlSchema,
      verify_url: urlSchema.optional(),
      allow_http: z.boolean().optional(),
    })
    .superRefine(({ url, verify_url = url, allow_http = false }, context) => {
      for (const [field, address] of Object.entries({ url, verify_url })) {
        const problem = problemOfWebhook(address, allow_http);
        if (problem !== undefined) context.addIssue({ code: 'custom', path: [field], message: problem });
      }
    }),
  tuning: ['verify_url', 'allow_http'],
  keyFields: ['url', 'verify_url'],
  issuerOf: ({ url }) => new URL(url).origin,
  // Only the origin is shown: people put keys into paths and queries.
  describe: ({ url }) => `ask ${new URL(url).origin} to revoke it (signed webhook)`,
  prepare({ secret }, { url, verify_url }) {
    const send = (type: string, to: string, context: CallContext) =>
      deliver({ url: to, secret: secret.reveal() }, requestOf(type, context));
    return {
      async revoke(context) {
        await send('wayward.revoke', url, context);
      },
      async verify(context) {
        if (verify_url === undefined) return undefined;
        const { text } = await send('wayward.verify', verify_url, context);
        return readVerification(text, [secret.reveal(), verify_url]);
      },
    };
  },
});

const requestOf = (type: string, { key, credential, agent, auditHead }: CallContext): CloudEvent => {
  const audit = auditHead?.();
  const data = { credential, agent, ...(audit && { audit }) };
  return cloudEvent(type, { id: `${type}-${key}`, subject: credential, at: Date.now(), data });
};

const answerSchema = z.object({ dead: z.boolean(), proof: z.string().max(500).optional() });

/** What the receiver says is shown, but no secret in it. */
function readVerification(text: string, secrets: readonly string[]): Verification {
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success) return { dead: false, proof: 'verify_url did not answer {"dead": true or false}' };
  const { dead, proof = '' } = answer.data;
  const said = cleanText(scrub(proof, secrets));
  return { dead, proof: `verify_url says that it is ${dead ? 'dead' : 'alive'}${said === '' ? '' : `: ${said}`}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
