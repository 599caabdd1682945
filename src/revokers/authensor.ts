import { z } from 'zod';
import { type AuthensorSettings, authensorSchema } from '../authensor/settings.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, readJson, request } from '../http.ts';
import { BEGIN_WITHIN_MS, forEachWithin } from './for-each-within.ts';
import { defineRevoker } from './revoker.ts';

/** About 15,000 keys: Authensor answers with all of them at once, those that were revoked before among them. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Revokes every key that Authensor's control plane has bound to a principal. A revocation answers 404 for a key that is
 * gone, and for one that never was: the list decides.
 * https://github.com/AUTHENSOR/AUTHENSOR/blob/fce31bb2d8fd389bcb544bd24b7640f768519e6c/packages/control-plane/src/routes/keys.ts
 */
export const authensor = defineRevoker({
  id: 'authensor',
  title: 'Authensor keys of a principal',
  reversible: false,
  undo: 'none: give the agent a new key and bind it to the principal',
  cannotStop:
    'what the agent holds downstream: a database password, say, works without Authensor; and keys that are not bound to the principal, such as one that was rotated (Authensor drops the binding)',
  needs:
    'a key of its own with the role admin, the only one that may see and revoke keys; not one that is bound to an agent',
  testedAgainst: 'fake: github.com/AUTHENSOR/AUTHENSOR, packages/control-plane/src/routes/keys.ts',
  settingsSchema: authensorSchema,
  specSchema: z.strictObject({
    with: z.literal('authensor'),
    /** As Authensor's list has it under `principalId`. */
    principal: z.string().trim().min(1).max(256),
  }),
  describe: ({ principal }) => `revoke every Authensor key of the principal ${principal}`,
  prepare: (settings, { principal }) => ({
    async revoke() {
      const deadline = Date.now() + BEGIN_WITHIN_MS;
      const left = (await keysOf(settings, principal)).filter(isUsable);
      await forEachWithin(deadline, left, async ({ id }) => {
        await call(settings, 'POST', `keys/${encodeURIComponent(id)}/revoke`, isGone);
      });
    },
    async verify() {
      const keys = await keysOf(settings, principal);
      const left = keys.filter(isUsable).length;
      return { dead: left === 0, proof: `usable keys of the ${keys.length} that Authensor lists for it: ${left}` };
    },
  }),
});

const listSchema = z.array(
  z.object({ id: z.string(), principalId: z.string().nullable(), revokedAt: z.string().nullable() }),
);
type Key = z.infer<typeof listSchema>[number];

const isUsable = ({ revokedAt }: Key): boolean => revokedAt === null;

/** @throws CallError where there is none, not even a revoked one: no proof of anything */
async function keysOf(settings: AuthensorSettings, principal: string): Promise<readonly Key[]> {
  const all = readJson((await call(settings, 'GET', 'keys')).text, listSchema);
  if (all === undefined)
    throw new CallError("Authensor's list of keys is too long, or lacks principalId (an old version)", false);
  const keys = all.filter(({ principalId }) => principalId === principal);
  if (keys.length > 0) return keys;
  throw new CallError(`Authensor has bound no key to the principal ${principal}: check the registry`, false);
}

const errorSchema = z.object({
  error: z.object({ code: z.string().regex(/^\w{1,64}$/), message: z.string() }),
});
const readError = ({ text }: HttpAnswer) => readJson(text, errorSchema)?.error;

/** Revoked already, or since the list was read. */
const isGone = (answer: HttpAnswer): boolean => answer.status === 404 && readError(answer)?.code === 'NOT_FOUND';

const ADVICE: Readonly<Record<number, string>> = {
  401: '; check revokers.authensor.key',
  403: '; revokers.authensor.key needs the role admin',
  404: '; check revokers.authensor.url',
};

async function call(
  { url, key }: AuthensorSettings,
  method: 'GET' | 'POST',
  path: string,
  accepts: (answer: HttpAnswer) => boolean = () => false,
): Promise<HttpAnswer> {
  const secret = key.reveal();
  const answer = await request({
    service: 'Authensor',
    method,
    url: new URL(path, url.endsWith('/') ? url : `${url}/`).href,
    headers: { authorization: `Bearer ${secret}` },
    maxBytes: MAX_LIST_BYTES,
    secrets: [secret],
  });
  if (isSuccess(answer.status) || accepts(answer)) return answer;
  const code = readError(answer)?.code ?? 'without an error of its own';
  throw new CallError(
    `Authensor answered ${answer.status} ${code}${ADVICE[answer.status] ?? ''}`,
    isTransientStatus(answer.status),
  );
}
