import { resolve } from 'node:path';
import { z } from 'zod';
import { CallError } from '../../errors.ts';
import { callGcp, type GcpApi, says } from '../../gcp.ts';
import { payloadOf } from '../../gcp-payload.ts';
import { METADATA_URL } from '../../gcp-token.ts';
import { httpUrl } from '../../http-url.ts';
import { type SecretContext, SecretError, type SecretProvider, SecretServerError } from '../secret-provider.ts';
import { fieldOfJson } from './field-of.ts';
import { fetchOwn, ownSecretSchema } from './own-secret.ts';

const ownSecret = ownSecretSchema('it lies, outside of Secret Manager');
const urlSchema = httpUrl();

const settingsSchema = z
  .strictObject({
    /** A service-account key; not from Secret Manager itself, which needs it. */
    key: ownSecret.optional(),
    access_token: ownSecret.optional(),
    url: urlSchema.default('https://secretmanager.googleapis.com'),
    metadata_url: urlSchema.optional(),
  })
  .refine(({ key, access_token }) => key === undefined || access_token === undefined, {
    message: 'has both a key and an access_token; write one of them',
  });
type Settings = z.infer<typeof settingsSchema>;

/** 64 KiB of secret, in base64. */
const MAX_ANSWER_BYTES = 128 * 1024;
const LOCATION =
  /^projects\/(?<project>[a-z\d][a-z\d.:-]{0,127})\/secrets\/(?<secret>[\w-]{1,255})(?:\/versions\/(?<version>[\w-]{1,63}))?(?:#(?<field>.+))?$/s;

/**
 * `secret://gcp-secret-manager/projects/P/secrets/S`: the newest version of a secret, or the one that `/versions/V` names;
 * with `#FIELD` one field of a secret that is a JSON object. One line end at the end is dropped. The account is
 * `secret_providers.gcp-secret-manager`, else the key file that GOOGLE_APPLICATION_CREDENTIALS names, else the metadata server's.
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
export const gcpSecretManagerProvider: SecretProvider = {
  example: 'secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
  settingsSchema,
  async fetch(location, context) {
    const { project, secret, version = 'latest', field } = LOCATION.exec(location)?.groups ?? {};
    if (project === undefined || secret === undefined)
      throw new SecretError(
        'does not name a secret; write such as secret://gcp-secret-manager/projects/billing-prod/secrets/wayward, then /versions/3 or #FIELD where you need it',
      );
    const path = `projects/${project}/secrets/${secret}/versions/${version}`;
    const value = readPayload(await access(await apiOf(context), path), path);
    return field === undefined ? value : fieldOfJson(value, field, path);
  },
};

async function apiOf(context: SecretContext): Promise<GcpApi> {
  const { providers, env } = context;
  // The whole schema has checked it, so that only its defaults are added here.
  const settings = settingsSchema.parse(providers?.settings['gcp-secret-manager'] ?? {});
  const host = env.GCE_METADATA_HOST;
  return {
    service: 'Secret Manager',
    url: settings.url,
    account: {
      ...(await credentialOf(settings, context)),
      metadata_url: settings.metadata_url ?? (host ? `http://${host}` : METADATA_URL),
    },
  };
}

/** https://docs.cloud.google.com/docs/authentication/application-default-credentials */
async function credentialOf({ key, access_token }: Settings, context: SecretContext) {
  const file = context.env.GOOGLE_APPLICATION_CREDENTIALS;
  if (key !== undefined) return { key: await ownSecretAt(key, context) };
  if (access_token !== undefined) return { access_token: await ownSecretAt(access_token, context) };
  return file ? { key: await ownSecretAt(`secret://file/${resolve(file)}`, context) } : {};
}

async function ownSecretAt(reference: string, context: SecretContext): Promise<{ reveal(): string }> {
  const value = await fetchOwn(reference, 'refers to Secret Manager, whose own credential', context);
  return { reveal: () => value };
}

async function access(api: GcpApi, path: string): Promise<string> {
  try {
    const answer = await callGcp(api, {
      method: 'GET',
      path: `${path}:access`,
      permission: 'secretmanager.versions.access',
      maxBytes: MAX_ANSWER_BYTES,
      accepts: ['FAILED_PRECONDITION'],
    });
    if (!says(answer, 'FAILED_PRECONDITION')) return answer.text;
    throw new SecretError(`refers to ${path}, which is disabled or destroyed; enable it, or name another version`);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const Unavailable = error.retryable ? SecretServerError : SecretError;
    throw new Unavailable(`refers to ${path}, which cannot be read: ${error.message}`);
  }
}

function readPayload(text: string, path: string): string {
  const payload = payloadOf(text);
  if (payload === undefined) throw new SecretServerError(`refers to ${path}, for which Secret Manager answered oddly`);
  const { bytes, isWhole } = payload;
  if (!isWhole)
    throw new SecretServerError(`refers to ${path}, which was damaged on its way (its CRC32C differs); try again`);
  const value = decode(bytes, path).replace(/\r?\n$/, '');
  if (value === '') throw new SecretError(`refers to ${path}, which is empty; add a version with the secret in it`);
  return value;
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SecretError(`refers to ${path}, which is no text in UTF-8; store it as text`);
  }
}
