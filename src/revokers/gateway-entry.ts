import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** Directives that mean something else in an nginx map. */
const DIRECTIVES: readonly string[] = ['default', 'hostnames', 'include', 'volatile'];

const ID = /^[A-Za-z0-9][\w.:@/+-]{0,127}$/;

/** Whether a gateway's file may hold it as the id of a credential: nothing that nginx or Envoy reads in another way. */
export const isGatewayId = (id: string): boolean => ID.test(id) && !DIRECTIVES.includes(id.toLowerCase());

/** The `revoke` entry of a gateway: the id that it gives to whoever has the key, as in its log. Never the key. */
export const gatewaySpec = <Id extends string>(id: Id) =>
  z.strictObject({
    with: z.literal(id),
    credential_id: z
      .string()
      .refine(
        isGatewayId,
        "is no id that a gateway's file can hold; write up to 128 letters, digits and _.:@/+-, beginning with a letter or digit",
      ),
  });

/** A file that a gateway reads. */
export const absolutePath = z
  .string()
  .max(4096)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'is not an absolute path; write it from / on');
