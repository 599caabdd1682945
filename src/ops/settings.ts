import { z } from 'zod';

/** `http:` in wayward.yaml: where health and metrics are served; off without it. */
export const httpSchema = z.strictObject({
  port: z.int().min(1).max(65_535).default(8080),
  /** Loopback unless said otherwise: what is served needs no password. */
  host: z.string().min(1).default('127.0.0.1'),
});

export type HttpSettings = z.infer<typeof httpSchema>;
