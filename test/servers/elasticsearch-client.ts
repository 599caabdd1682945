export interface Elasticsearch {
  readonly url: string;
  /** One API call as the first user: the status and the answer's JSON. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: ElasticsearchAnswer }>;
  /** Stops and removes the data. */
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: what each API answers is what the test asserts
export type ElasticsearchAnswer = any;

export interface ElasticsearchUser {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
}

/** A node that runs there, for this user. */
export const elasticsearchAt = (
  url: string,
  user: ElasticsearchUser | undefined,
  stop: () => Promise<void>,
): Elasticsearch => ({
  ...{ url, stop },
  call: (method, path, body) => call(url, authorization(user), method, path, body),
});

export const authorization = (user: ElasticsearchUser | undefined): Readonly<Record<string, string>> =>
  user === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}` };

async function call(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string,
  path: string,
  body?: unknown,
) {
  const response = await fetch(`${url}/${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
