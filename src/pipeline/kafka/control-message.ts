import { z } from 'zod';

/** What `alerts close` says on the control topic. */
export const closingSchema = z.object({
  say: z.literal('close'),
  verdict: z.enum(['benign', 'true']),
  by: z.string().max(256),
  because: z.string().max(4_096),
  /** Of the alert, what detection and response need to know. */
  alert: z.object({
    id: z.string().max(64),
    principal: z.string().max(1_024),
    peerGroup: z.string().max(1_024).optional(),
    start: z.number(),
    end: z.number(),
  }),
});
