import { resolve } from 'node:path';
import { z } from 'zod';
import { secretSchema } from '../../config/secrets.ts';
import { httpUrl } from '../../http-url.ts';

/** `elasticsearch:` in wayward.yaml. With a user and password, an API key, or neither where security is switched off. */
export const elasticsearchSchema = z
  .strictObject({
    node: httpUrl('write username and password beside it').meta({ example: 'https://elasticsearch.example.com:9200' }),
    username: z
      .string()
      .regex(/^[^:]+$/)
      .meta({ example: 'wayward' })
      .optional(),
    password: secretSchema.optional(),
    /** In its encoded form: base64 of `id:key`. */
    api_key: secretSchema.optional(),
    /** PEM file with the authority of the server's certificate. */
    ca: z.string().min(1).meta({ example: 'elasticsearch-ca.pem' }).optional(),
    /** Last part of a data stream's name: several installations on one cluster need several. */
    namespace: z
      .string()
      .regex(/^[a-z0-9_][a-z0-9_.]{0,99}$/, 'takes a-z, 0-9, "_" and ".", at most 100; a "-" would divide the name')
      .default('default'),
    /** Alerts beyond it wait: see RateLimit. */
    alerts_per_minute: z.int().min(1).default(1_000),
    /** Index in which Elastic Security keeps its alerts: what is closed there becomes a verdict here. */
    verdicts: z
      .string()
      .regex(/^[a-z0-9.][a-z0-9._*-]*$/, 'is no index; write such as .alerts-security.alerts-default')
      .optional(),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: 'takes username and password together; add the other one',
  })
  .refine(({ password, api_key }) => password === undefined || api_key === undefined, {
    message: 'takes a password or an api_key; leave one out',
  });

export type ElasticsearchSettings = z.infer<typeof elasticsearchSchema>;

/** With an absolute path: a relative one starts at the folder of the configuration. */
export const locatedElasticsearch = (settings: ElasticsearchSettings, folder: string): ElasticsearchSettings =>
  settings.ca === undefined ? settings : { ...settings, ca: resolve(folder, settings.ca) };
