import { z } from 'zod';
import { CallError } from '../errors.ts';
import { callGcp, type GcpApi } from '../gcp.ts';
import { accessToken, forgetToken, METADATA_URL } from '../gcp-token.ts';
import { readJson } from '../http.ts';
import { gcpSettings, iamOf, keyIdSchema, projectSchema, serviceAccountSchema } from '../revokers/gcp-settings.ts';
import { untilSo } from '../until-so.ts';
import { canaryName } from './canary-name.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

/** A new key is known everywhere within a minute, most often. https://docs.cloud.google.com/iam/docs/access-change-propagation */
const KNOWN_WITHIN_MS = 60_000;

/**
 * A key of a service account that is there for drills and may do nothing: asking for an access token with it needs no right.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/create
 *
 *     - iam.serviceAccountKeys.create
 *     - iam.serviceAccountKeys.delete
 *     - iam.serviceAccountKeys.list
 */
export const gcpServiceAccountKey = defineDrill({
  id: 'gcp-service-account-key',
  title: 'key of a Google Cloud service account for drills, disabled (tested against a fake only)',
  proof: "Google's token endpoint refuses it (`invalid_grant`), within the objective",
  needs: 'a service account of its own without any role, and iam.serviceAccountKeys.create, .delete and .list on it',
  settings: gcpSettings,
  fields: { project: projectSchema, account: serviceAccountSchema },
  issuer: (settings, { project, account }) => {
    const api = iamOf(settings);
    const keys = `projects/${project}/serviceAccounts/${account}/keys`;
    return {
      async create() {
        const call = { method: 'POST', path: keys, body: {}, permission: 'iam.serviceAccountKeys.create' } as const;
        const file = keyFileOf((await callGcp(api, call)).text);
        const revoke = { with: 'gcp-service-account-key', project, account, key: file.id };
        return { ...useOf(api, keys, file), kind: 'gcp-service-account', revoke };
      },
      async removeLeft(isLeft) {
        const call = { method: 'GET', path: keys, permission: 'iam.serviceAccountKeys.list' } as const;
        const list = readJson((await callGcp(api, { ...call, maxBytes: MAX_LIST_BYTES })).text, listSchema);
        if (list === undefined) throw new CallError("IAM's list of keys has another form", false);
        // Keys have no name: one is as old as a canary that was born with it.
        const left = list.keys.filter(
          ({ keyType, validAfterTime }) => keyType === 'USER_MANAGED' && isLeft(canaryName(Date.parse(validAfterTime))),
        );
        for (const { name } of left) await remove(api, keys, name.slice(name.lastIndexOf('/') + 1));
        return left.length;
      },
    };
  },
});

const MAX_LIST_BYTES = 1024 * 1024;
const listSchema = z.object({
  keys: z.array(z.object({ name: z.string(), keyType: z.string(), validAfterTime: z.string() })).default([]),
});
const createdSchema = z.object({ privateKeyData: z.base64().min(1) });
const fileSchema = z.object({ private_key_id: keyIdSchema });

interface KeyFile {
  readonly id: string;
  readonly text: string;
}

function keyFileOf(answer: string): KeyFile {
  const data = readJson(answer, createdSchema)?.privateKeyData ?? '';
  const text = Buffer.from(data, 'base64').toString();
  const id = readJson(text, fileSchema)?.private_key_id;
  if (id === undefined) throw new CallError('IAM answered without a key file', false);
  return { id, text };
}

function useOf(api: GcpApi, keys: string, { id, text }: KeyFile): Pick<Canary, 'use' | 'refused' | 'remove'> {
  const canary = { key: { reveal: () => text }, metadata_url: METADATA_URL };
  /** How the token endpoint refuses the key; undefined where it gives a token. */
  async function refusal(): Promise<string | undefined> {
    try {
      await accessToken(canary);
      forgetToken(canary);
      return undefined;
    } catch (error) {
      if (error instanceof CallError && error.message.includes(' invalid_grant')) return 'invalid_grant';
      throw error;
    }
  }
  return {
    async use() {
      const look = async () => ((await refusal()) === undefined ? true : undefined);
      await untilSo(KNOWN_WITHIN_MS, look, new CallError('the token endpoint does not take the new key', false));
    },
    async refused(within) {
      const late = new CallError('the key still works: it was given an access token', false);
      const said = await untilSo(within, refusal, late);
      return `the token endpoint refused the key (${said})`;
    },
    remove: () => remove(api, keys, id),
  };
}

async function remove(api: GcpApi, keys: string, id: string): Promise<void> {
  const permission = 'iam.serviceAccountKeys.delete';
  await callGcp(api, { method: 'DELETE', path: `${keys}/${id}`, permission, accepts: ['NOT_FOUND'] });
}
