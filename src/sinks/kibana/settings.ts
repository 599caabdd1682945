import { z } from 'zod';
import { secretSchema } from '../../config/secrets.ts';
import { httpUrl } from '../../http-url.ts';

/** `kibana:` in wayward.yaml: where the dashboards go. With a user and password, an API key, or neither where Kibana asks for none. */
export const kibanaSchema = z
  .strictObject({
    /** Where people reach it, base path included. */
    url: httpUrl('write username and password beside it').meta({ example: 'https://kibana.example.com:5601' }),
    username: z
      .string()
      .regex(/^[^:]+$/)
      .meta({ example: 'wayward_setup' })
      .optional(),
    password: secretSchema.optional(),
    api_key: secretSchema.optional(),
    /** Id of a Kibana space, as in its address after `/s/`. */
    space: z
      .string()
      .regex(/^[a-z0-9_-]+$/)
      .meta({ example: 'security' })
      .default('default'),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: 'takes username and password together; add the other one',
  })
  .refine(({ password, api_key }) => password === undefined || api_key === undefined, {
    message: 'takes a password or an api_key; leave one out',
  });

export type KibanaSettings = z.infer<typeof kibanaSchema>;
