import { described } from './described.ts';

/**
 * Amazon API Gateway access logs, REST and HTTP APIs, in JSON with the names of the `$context` variables. There is no identity unless the log
 * format asks for one (`$context.identity.apiKeyId`, `$context.authorizer.principalId`).
 */
export const awsApiGateway = described(
  {
    id: 'aws-api-gateway',
    title: 'Amazon API Gateway access log, JSON',
    dataset: 'aws.apigateway',
    time: [
      { field: 'requestTimeEpoch', unit: 'ms' },
      { field: 'requestTime', unit: 'iso' },
    ],
    action: ['{httpMethod} {resourcePath}', '{httpMethod} {path(path)}', 'routeKey'],
    result: [
      { is: 'error', when: { status: { exists: false } } },
      // Without a key that it knows, API Gateway answers 403, not 401.
      {
        is: 'rejected',
        when: {
          status: 403,
          apiKeyId: { exists: false },
          principalId: { exists: false },
          userArn: { exists: false },
          caller: { exists: false },
          user: { exists: false },
        },
      },
      { field: 'status', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
    ],
    identities: {
      credential_id: 'apiKeyId',
      // `caller` and `user` are of who signed the request; of a role, its session stands behind a colon.
      client_id: [
        ...['principalId', 'authorizerPrincipalId', 'clientId'],
        ...['caller', 'user'].flatMap((field) => [{ field, extract: '{}:*' }, field]),
      ],
      jwt_sub: ['sub', 'claimsSub'],
      aws_principal_arn: 'userArn',
    },
    // API Gateway fills these variables from keys, authorizers and signatures that it has checked.
    proof: 'verified',
    source_ip: ['ip', 'sourceIp'],
    client: 'userAgent',
    bytes: 'responseLength',
    status: 'status',
    method: 'httpMethod',
    path: 'path',
    trace_id: 'xrayTraceId',
  },
  {
    proof:
      'the variable itself: `apiKeyId`, `principalId` and `userArn` hold what was checked; a 403 without any is rejected',
    about: {
      switchOn:
        'an access log format in JSON, such as `{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","apiKeyId":"$context.identity.apiKeyId","requestTime":"$context.requestTime","httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status","responseLength":"$context.responseLength"}`; `principalId`, `userArn`, `clientId`, `sub` where you authorize by them',
      cannotTell:
        'who called where the log format names no identity; whether a 403 without a key was a wrong key or none',
      evidence: 'documented: Amazon API Gateway, `$context` variables',
    },
    knownBy: { requestId: { exists: true }, ip: { exists: true }, requestTime: { exists: true } },
  },
);
