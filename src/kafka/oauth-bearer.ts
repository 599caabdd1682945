import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs';
import { newToken, type OAuthClient } from '../oauth-token.ts';

export interface BearerSettings extends OAuthClient {
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  readonly resource?: string | undefined;
}

/** Kafka does not take the token. */
export class TokenRefusedError extends Error {}

/** Of a token's time: a connection must not begin with one that ends at once. */
const USED_SHARE = 0.8;

/** Gives one token to all who ask until most of its time is over. */
const tokensOf = (settings: BearerSettings): (() => Promise<string>) => {
  const { scope, audience, resource } = settings;
  const asked = Object.entries({ scope, audience, resource }).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  let last: { readonly token: Promise<string>; until: number } | undefined;
  return () => {
    if (last !== undefined && Date.now() < last.until) return last.token;
    const made = newToken(settings, Object.fromEntries(asked));
    const entry = { token: made.then(({ value }) => value), until: Number.POSITIVE_INFINITY };
    made.then(
      ({ expiresIn = 0 }) => {
        entry.until = Date.now() + expiresIn * 1_000 * USED_SHARE;
      },
      () => {
        entry.until = 0; // whoever asked for it gets the error
      },
    );
    last = entry;
    return entry.token;
  };
};

/** As Kafka writes bytes: their number in four, then they themselves. */
const sized = (bytes: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

/**
 * SASL OAUTHBEARER (RFC 7628, 3.1 and 3.2.2) for kafkajs, whose own takes a refusal for a success: the server answers a token that it does not
 * take with a text, without an error code.
 */
export const oauthBearer = (settings: BearerSettings): Mechanism => {
  const token = tokensOf(settings);
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }: AuthenticationProviderArgs) => ({
      async authenticate() {
        const message = Buffer.from(`n,,\u0001auth=Bearer ${await token()}\u0001\u0001`);
        const refusal = await saslAuthenticate<string>({
          request: { encode: () => sized(message) },
          response: { decode: (bytes) => bytes, parse: (bytes) => bytes.toString('utf8', 4) },
        });
        if (refusal) throw new TokenRefusedError('SASL OAUTHBEARER: the token was not taken');
      },
    }),
  };
};
