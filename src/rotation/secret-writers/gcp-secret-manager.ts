import { crc32c } from '../../crc32c.ts';
import { CallError } from '../../errors.ts';
import { callGcp, type GcpApi, says } from '../../gcp.ts';
import { payloadOf } from '../../gcp-payload.ts';
import { gcpSettings, secretManagerOf } from '../../revokers/gcp-settings.ts';
import type { SecretWriter } from '../secret-writer.ts';
import { partOf } from './part.ts';
import { untilSeen } from './until-seen.ts';

const LOCATION = /^(?<path>projects\/[a-z\d][a-z\d.:-]{0,127}\/secrets\/[\w-]{1,247})(?:#(?<field>[^#]+))?$/;
const PENDING = '-pending';
/** 64 KiB of secret, in base64. */
const MAX_ANSWER_BYTES = 128 * 1024;

/**
 * Google Cloud Secret Manager: a secret, or one field of one that is JSON. It knows no stages, and its newest version is what readers
 * of `latest` get at once: so the pending value is the newest version of a secret of its own, `NAME-pending`, which a person makes
 * (empty). It becomes the current value as a new version of NAME, whose old versions stay; then the pending one is destroyed.
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion
 *
 *     - secretmanager.versions.access
 *     - secretmanager.versions.add
 *     - secretmanager.versions.destroy
 */
export const gcpSecretManager: SecretWriter = {
  id: 'gcp-secret-manager',
  title: 'Google Cloud Secret Manager: a secret, or one field of one that is JSON',
  example: 'secret://gcp-secret-manager/projects/PROJECT/secrets/NAME#FIELD',
  account: 'gcp',
  pending:
    'the newest version of the secret `NAME-pending`, made empty beforehand; the old value stays an older version of `NAME`',
  needs:
    '`secretmanager.versions.access` and `.add` on `NAME` and on `NAME-pending`, `secretmanager.versions.destroy` on `NAME-pending`',
  testedAgainst: 'fake: docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion',
  isLocation: (location) => LOCATION.test(location),
  open(settings, location) {
    const api = secretManagerOf(gcpSettings.parse(settings));
    const { path = '', field } = LOCATION.exec(location)?.groups ?? {};
    const part = partOf(field);
    const waiting = `${path}${PENDING}`;
    async function currentOf(): Promise<string> {
      const current = await newest(api, path);
      if (current !== undefined) return current.text;
      throw new CallError(`Secret Manager has no usable newest version of ${path}: write the value there first`, false);
    }
    async function destroyPending(): Promise<void> {
      const pending = await newest(api, waiting);
      if (pending === undefined) return;
      const permission = 'secretmanager.versions.destroy';
      await callGcp(api, { method: 'POST', path: `${pending.name}:destroy`, body: {}, permission });
      await untilSeen(api.service, async () => (await newest(api, waiting)) === undefined);
    }
    return {
      async read() {
        const [current, pending] = await Promise.all([currentOf(), newest(api, waiting)]);
        return { current: part.read(current), pending: pending?.text };
      },
      async stage(value) {
        part.write(await currentOf(), value); // refused before anything is pending that can't become current
        await add(api, waiting, value);
      },
      async promote() {
        const [current, pending] = await Promise.all([currentOf(), newest(api, waiting)]);
        if (pending === undefined) return;
        const text = part.write(current, pending.text);
        if (part.read(current) !== pending.text) await add(api, path, text);
        await destroyPending();
      },
      discard: destroyPending,
    };
  },
};

interface Version {
  readonly name: string;
  readonly text: string;
}

const NAME = /^projects\/[^/]+\/secrets\/[^/]+\/versions\/\d+$/;

/** The newest version; undefined where there is none, or it is disabled or destroyed. */
async function newest(api: GcpApi, secret: string): Promise<Version | undefined> {
  const answer = await callGcp(api, {
    method: 'GET',
    path: `${secret}/versions/latest:access`,
    permission: 'secretmanager.versions.access',
    maxBytes: MAX_ANSWER_BYTES,
    accepts: ['NOT_FOUND', 'FAILED_PRECONDITION'],
  });
  if (says(answer, 'NOT_FOUND') || says(answer, 'FAILED_PRECONDITION')) return undefined;
  const payload = payloadOf(answer.text);
  if (payload === undefined || !payload.isWhole || !NAME.test(payload.name))
    throw new CallError(`Secret Manager answered oddly for ${secret}, or it was damaged on its way`, true);
  // As everybody reads it: without the line end that an editor leaves.
  return { name: payload.name, text: payload.bytes.toString('utf8').replace(/\r?\n$/, '') };
}

async function add(api: GcpApi, secret: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const payload = { data: bytes.toString('base64'), dataCrc32c: String(crc32c(bytes)) };
  const call = { method: 'POST', path: `${secret}:addVersion`, body: { payload } } as const;
  await callGcp(api, { ...call, permission: 'secretmanager.versions.add' });
  await untilSeen(api.service, async () => (await newest(api, secret))?.text === text);
}
