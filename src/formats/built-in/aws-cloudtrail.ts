import { described } from './described.ts';

/** Errors of a signature, a key or a token that AWS did not accept. */
export const NOT_AUTHENTICATED = [
  '*InvalidClientTokenId*',
  '*UnrecognizedClient*',
  '*InvalidAccessKeyId*',
  '*SignatureDoesNotMatch*',
  '*InvalidSignature*',
  '*IncompleteSignature*',
  '*MissingAuthenticationToken*',
  '*ExpiredToken*',
  '*InvalidIdentityToken*',
  '*IDPRejectedClaim*',
  '*InvalidToken*',
  '*RequestExpired*',
  '*AuthFailure',
];
/** Who it was is known; what they asked for was not allowed. */
export const NOT_ALLOWED = [
  '*AccessDenied*',
  '*Unauthorized*',
  '*NotAuthorized*',
  '*AuthorizationError*',
  '*InsufficientPriv*',
  '*PermissionDenied*',
  '*Forbidden*',
  '*OptInRequired',
];

/**
 * AWS CloudTrail: the files of a trail, lines of their records, EventBridge's events, and what `aws cloudtrail lookup-events` gives.
 * Records of version 1.02 and later (CloudTrail's "record contents"). An error code stands only where a call failed.
 */
export const awsCloudTrail = described(
  {
    id: 'aws-cloudtrail',
    title: 'AWS CloudTrail',
    dataset: 'aws.cloudtrail',
    ignore: [
      { when: { eventCategory: 'Insight' }, reason: 'insight' },
      // Files of hashes that lie beside a trail's own.
      { when: { digestS3Object: { exists: true } }, reason: 'digest' },
    ],
    time: { field: 'eventTime', unit: 'iso' },
    action: '{label(eventSource)}:{eventName}',
    result: [
      { field: 'errorCode', rejected: NOT_AUTHENTICATED, denied: NOT_ALLOWED, else: 'error' },
      { is: 'rejected', when: { 'responseElements.ConsoleLogin': 'Failure' } },
    ],
    identities: {
      // Of a bearer token, such as IAM Identity Center's.
      credential_id: 'userIdentity.credentialId',
      client_id: 'userIdentity.onBehalfOf.userId',
      // Whoever got a role for a token of OpenID Connect or SAML has no key of AWS yet.
      jwt_sub: {
        field: 'userIdentity.userName',
        when: { 'userIdentity.type': ['WebIdentityUser', 'SAMLUser'] },
      },
      aws_access_key_id: 'userIdentity.accessKeyId',
      // Of a role: the role itself, which stays the same from session to session.
      aws_principal_arn: [
        'userIdentity.sessionContext.sessionIssuer.arn',
        { field: 'userIdentity.arn', when: { 'userIdentity.type': { not: 'AWSService' } } },
      ],
    },
    proof: 'verified',
    source_ip: 'sourceIPAddress',
    client: 'userAgent',
    bytes: 'additionalEventData.bytesTransferredOut',
    session: { field: 'userIdentity.principalId', extract: '*:{}' },
  },
  {
    proof: 'AWS checks the signature before it writes who it was; errors of keys, signatures and tokens are rejected',
    about: {
      switchOn: 'a trail, with data events for S3, Lambda, DynamoDB and Bedrock where agents use them',
      cannotTell: 'rows and, except for S3, bytes; reads of objects without data events',
      evidence: 'documented: CloudTrail record contents, version 1.11',
    },
    knownBy: [
      { eventVersion: { exists: true }, eventSource: { exists: true }, eventName: { exists: true } },
      { digestS3Object: { exists: true }, digestEndTime: { exists: true } },
    ],
  },
);
