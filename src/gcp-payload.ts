import { z } from 'zod';
import { crc32c } from './crc32c.ts';
import { readJson } from './http.ts';

const answerSchema = z.object({
  name: z.string(),
  payload: z.object({ data: z.string(), dataCrc32c: z.string().optional() }),
});

/** One version of a secret in Secret Manager. */
export interface GcpPayload {
  /** `projects/NUMBER/secrets/NAME/versions/NUMBER` */
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether its checksum says that it came over as it was sent; true also where there is none. */
  readonly isWhole: boolean;
}

/**
 * What `versions.access` answers; undefined for anything else.
 * https://docs.cloud.google.com/secret-manager/docs/data-integrity
 */
export function payloadOf(text: string): GcpPayload | undefined {
  const answer = readJson(text, answerSchema);
  if (answer === undefined) return undefined;
  const { data, dataCrc32c } = answer.payload;
  const bytes = Buffer.from(data, 'base64');
  return { name: answer.name, bytes, isWhole: dataCrc32c === undefined || dataCrc32c === String(crc32c(bytes)) };
}
