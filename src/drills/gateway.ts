import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isSuccess, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import type { Revocation } from '../response/action.ts';
import { isGatewayId } from '../revokers/gateway-entry.ts';
import type { CanaryIssuer } from './drill-kind.ts';

const TIMEOUT_MS = 4_000;
const AGAIN_AFTER_MS = 100;

/** A key of the gateway that is there for drills: Wayward can't make one, since keys are in files of the gateway's owner. */
export const gatewayFields = {
  /** GET: 2xx with a key that works. */
  url: httpUrl().meta({ example: 'http://127.0.0.1:8080/ping' }),
  /** What the gateway calls the key, as in its log. */
  credential_id: z.string().refine(isGatewayId, "is no id that a gateway's file can hold"),
  key: secretSchema,
  /** In which the gateway expects it. */
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'is no header in small letters; write such as x-api-key')
    .default('x-api-key'),
};

interface Gateway {
  readonly with: 'nginx' | 'envoy';
  /** Of that id. */
  readonly revocation: Revocation;
  /** Whether the gateway's file denies the id. */
  readonly isDenied: () => Promise<boolean>;
}

interface Key {
  readonly url: string;
  readonly credential_id: string;
  readonly key: Secret;
  readonly header: string;
}

/** A drill denies the key's id as any other one, and allows it again at its end, or at the beginning of the next one. */
export function gatewayIssuer({ with: revoker, revocation, isDenied }: Gateway, entry: Key): CanaryIssuer {
  const { url, credential_id, key, header } = entry;
  const context = { key: 'drill', credential: credential_id, agent: 'wayward-canary' };
  const allow = async (): Promise<void> => {
    if (await isDenied()) await revocation.restore?.(context);
  };
  const ask = (): Promise<HttpAnswer> =>
    request({
      service: 'gateway at url',
      method: 'GET',
      url,
      headers: { [header]: key.reveal() },
      timeoutMs: TIMEOUT_MS,
      secrets: [key.reveal()],
    });
  /** Once more where there was no answer: a gateway closes idle connections when it likes. */
  const use = (): Promise<HttpAnswer> => ask().catch(() => sleep(AGAIN_AFTER_MS).then(ask));
  return {
    async create() {
      await allow();
      return {
        kind: 'api-key',
        revoke: { with: revoker, credential_id },
        async use() {
          const { status } = await use();
          if (!isSuccess(status)) throw new CallError(`the gateway answered the key for drills with ${status}`, false);
        },
        async refused() {
          const { status } = await use();
          if (![401, 403].includes(status))
            throw new CallError(`the gateway answered the denied key with ${status}`, false);
          return `the gateway answered with ${status}`;
        },
        remove: allow,
      };
    },
    removeLeft: async () => 0, // there is one canary, and each drill begins by allowing it
  };
}
