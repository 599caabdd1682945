export interface VaultServer {
  readonly url: string;
  readonly rootToken: string;
  /** One API call: the status and the answer's JSON (undefined for an empty body). */
  call(
    token: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: VaultAnswer | undefined }>;
  stop(): Promise<void>;
}

interface VaultAnswer {
  readonly lease_id?: string;
  readonly auth?: { readonly client_token: string; readonly accessor: string };
  readonly data?: Record<string, unknown>;
  readonly errors?: readonly string[];
}

/** A Vault that runs there. */
export const vaultAt = (url: string, rootToken: string, stop: () => Promise<void>): VaultServer => ({
  ...{ url, rootToken, stop },
  call: (token, method, path, body) => call(url, token, method, path, body),
});

async function call(url: string, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    headers: { 'X-Vault-Token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as VaultAnswer) };
}
