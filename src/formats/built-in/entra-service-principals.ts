import { described } from './described.ts';

/** Conditional access, assignments and consent are asked once the credential was right. */
const NOT_ALLOWED = ['53003', '53000', '53001', '530003', '50105', '65001', '7000112'];

/**
 * Microsoft Entra's sign-ins of service principals and managed identities: Microsoft Graph, diagnostic settings, and Log Analytics. A failed one
 * names the application that somebody tried to be.
 */
export const entraServicePrincipals = described(
  {
    id: 'entra-service-principals',
    title: 'Microsoft Entra, sign-ins of service principals',
    dataset: 'entra.signin',
    // The same logs have people's, too.
    ignore: [
      {
        when: { servicePrincipalId: { exists: false }, ServicePrincipalId: { exists: false } },
        reason: 'user-sign-in',
      },
    ],
    time: { field: ['createdDateTime', 'CreatedDateTime', 'TimeGenerated', 'time'], unit: 'iso' },
    action: [
      "{'sign-in'} {resourceDisplayName}",
      "{'sign-in'} {ResourceDisplayName}",
      "{'sign-in'} {resourceId}",
      "{'sign-in'} {ResourceIdentity}",
      "{'sign-in'}",
    ],
    result: [
      { field: ['status.errorCode', 'ResultType'], success: ['0'], denied: NOT_ALLOWED, else: 'rejected' },
      // Without either nobody is proven.
      { is: 'rejected' },
    ],
    identities: {
      client_id: ['appId', 'AppId'],
      credential_id: ['servicePrincipalCredentialKeyId', 'ServicePrincipalCredentialKeyId'],
    },
    proof: 'verified',
    source_ip: ['ipAddress', 'IPAddress'],
    client: ['userAgent', 'UserAgent'],
    service: ['resourceDisplayName', 'ResourceDisplayName'],
    trace_id: ['correlationId', 'CorrelationId'],
    session: ['uniqueTokenIdentifier', 'UniqueTokenIdentifier'],
  },
  {
    proof:
      'an error code of 0, or one that comes after the credential was right (53003, 50105 …); any other is rejected',
    about: {
      switchOn:
        'diagnostic settings: `ServicePrincipalSignInLogs`, `ManagedIdentitySignInLogs`; or `GET /auditLogs/signIns` of Microsoft Graph with `signInEventTypes` of service principals',
      cannotTell: 'what the token was used for; Entra puts equal sign-ins of an hour together in its own view',
      evidence: 'documented: Microsoft Graph, signIn; Azure Monitor, AADServicePrincipalSignInLogs, 2026',
    },
    knownBy: [
      { createdDateTime: { exists: true }, servicePrincipalId: { pattern: '*' }, 'status.errorCode': { exists: true } },
      { Category: { pattern: '*SignInLogs' }, AppId: { exists: true }, ResultType: { exists: true } },
    ],
  },
);
