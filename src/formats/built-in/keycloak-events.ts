import { described } from './described.ts';

/** Of the text of an event, `type="LOGIN", realmId="…", clientId="…"`: what comes first is Keycloak's own, details that a client chose stand behind. */
const part = (name: string) => ({ field: 'message', extract: `*, ${name}="{}"*` });
/** What Keycloak writes where there is none. */
const NOBODY = ['null', ''];

/**
 * Keycloak's events, as its logger `org.keycloak.events` writes them in JSON. An event that ends in `_ERROR` names whom somebody tried to be.
 * Whoever asks about a token (INTROSPECT_TOKEN) is a gateway: the use is that of the client that the token was issued for.
 */
export const keycloakEvents = described(
  {
    id: 'keycloak-events',
    title: 'Keycloak events, in its log of JSON',
    dataset: 'keycloak.events',
    ignore: [{ when: { loggerName: { not: 'org.keycloak.events' } }, reason: 'server-line' }],
    fields: {
      type: { field: 'message', extract: 'type="{}"*' },
      operation: { field: 'message', extract: 'operationType="{}"*' },
      realm: part('realmName'),
      client: part('clientId'),
      user: part('userId'),
      session: part('sessionId'),
      address: part('ipAddress'),
      error: part('error'),
      issued_for: part('token_issued_for'),
      resource_type: part('resourceType'),
      resource_path: part('resourcePath'),
    },
    time: { field: 'timestamp', unit: 'iso' },
    action: ['{operation} {resource_type}', '{type}'],
    result: [
      {
        field: 'error',
        denied: ['access_denied', 'not_allowed', 'insufficient_scope', 'invalid_scope'],
        else: 'rejected',
      },
      { field: 'type', rejected: ['*_ERROR'] },
    ],
    identities: {
      client_id: [
        { field: 'issued_for', when: { type: 'INTROSPECT_TOKEN' } },
        { field: 'client', when: { type: { exists: true, not: 'INTROSPECT_TOKEN' }, client: { not: NOBODY } } },
      ],
      jwt_sub: { field: 'user', when: { user: { not: NOBODY } } },
    },
    proof: [{ is: 'verified', when: { error: { exists: false }, type: { not: '*_ERROR' } } }],
    source_ip: { field: 'address', when: { type: { not: 'INTROSPECT_TOKEN' } } },
    service: 'realm',
    session: 'session',
    path: 'resource_path',
  },
  {
    proof: 'an event without an error; one with an error names whom somebody tried to be',
    about: {
      switchOn:
        '`--log-console-output=json` (or `--log-file-output=json`) and `--spi-events-listener--jboss-logging--success-level=info`',
      cannotTell: 'uses of a token that nobody introspects',
      evidence: 'recorded: Keycloak 26.7',
    },
    knownBy: { loggerName: { exists: true }, loggerClassName: { exists: true }, 'service.name': 'keycloak' },
  },
);
