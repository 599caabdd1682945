import { sign } from 'node:crypto';
import type { FakeGcp } from './fake-gcp.ts';

/** An agent that uses Google Cloud with a client of its own: what it sees of a revocation. */
export interface GcpAgent {
  /** Asks for a new token: `ok`, or why not. */
  logIn(): Promise<string>;
  /** The status of a read with the newest token, and what is said. */
  get(url: string): Promise<Answer>;
  post(url: string, body: object): Promise<Answer>;
  call(url: string, init: RequestInit): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** @param change of the claims, to see what the token endpoint refuses */
export function gcpAgent({ tokenUrl }: FakeGcp, keyFile: string, change: object = {}): GcpAgent {
  const key = JSON.parse(keyFile);
  let token = '';

  async function call(url: string, init: RequestInit): Promise<Answer> {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const answer = await fetch(url, { ...init, headers });
    return { status: answer.status, text: await answer.text() };
  }

  return {
    async logIn() {
      const now = Math.floor(Date.now() / 1000);
      const scope = 'https://www.googleapis.com/auth/cloud-platform';
      const claims = { iss: key.client_email, scope, aud: tokenUrl, iat: now, exp: now + 3600, ...change };
      const parts = [{ alg: 'RS256', typ: 'JWT', kid: key.private_key_id }, claims];
      const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      const assertion = `${text}.${sign('sha256', Buffer.from(text), key.private_key).toString('base64url')}`;
      const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      const response = await fetch(tokenUrl, { method: 'POST', headers: FORM, body: body.toString() });
      const answer = (await response.json()) as Readonly<Record<string, string>>;
      token = answer.access_token ?? token;
      return answer.access_token === undefined ? `${answer.error}: ${answer.error_description}` : 'ok';
    },
    call,
    get: (url) => call(url, {}),
    post: (url, body) => call(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
