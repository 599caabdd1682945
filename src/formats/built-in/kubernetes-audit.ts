import { described } from './described.ts';

/**
 * Kubernetes audit events (audit.k8s.io/v1), as kube-apiserver writes them: lines of its file, an EventList of its webhook, EKS in CloudWatch.
 * One request has several stages: the last one is the use. A failed authentication stops at ResponseStarted, without a user.
 */
export const kubernetesAudit = described(
  {
    id: 'kubernetes-audit',
    title: 'Kubernetes audit events',
    dataset: 'kubernetes.audit',
    ignore: [
      { when: { stage: 'RequestReceived' }, reason: 'earlier-stage' },
      { when: { stage: 'ResponseStarted', 'responseStatus.code': { not: 401 } }, reason: 'earlier-stage' },
    ],
    time: { field: ['requestReceivedTimestamp', 'stageTimestamp'], unit: 'iso' },
    action: [
      // A subresource is a right of its own: pods/exec is more than pods.
      '{verb} ({objectRef.namespace}/)?{objectRef.resource}(/{objectRef.subresource})?',
      '{verb} {path(requestURI)}',
    ],
    result: [
      { field: 'responseStatus.code', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
      { is: 'denied', when: { 'annotations."authorization.k8s.io/decision"': 'forbid' } },
      { is: 'error', when: { stage: 'Panic' } },
    ],
    identities: {
      // A token's id, or the fingerprint of a certificate.
      credential_id: [
        { field: 'user.extra."authentication.kubernetes.io/credential-id".0', extract: 'JTI={}' },
        { field: 'user.extra."authentication.kubernetes.io/credential-id".0', extract: 'X509SHA256={}' },
      ],
      // EKS says whose signature of AWS it has checked.
      aws_access_key_id: 'user.extra.accessKeyId.0',
      aws_principal_arn: ['user.extra.canonicalArn.0', 'user.extra.arn.0'],
      jwt_sub: { field: 'user.username', when: { 'user.username': { pattern: 'system:serviceaccount:*' } } },
      client_id: {
        field: 'user.username',
        when: { 'user.username': { not: ['system:anonymous', 'system:serviceaccount:*'] } },
      },
    },
    proof: [{ is: 'verified', when: { 'user.username': { exists: true, not: 'system:anonymous' } } }],
    source_ip: 'sourceIPs.0',
    client: 'userAgent',
    status: 'responseStatus.code',
    path: 'requestURI',
    service: 'objectRef.namespace',
  },
  {
    proof:
      '`user.username`, other than `system:anonymous`: the API server writes it once it has authenticated; 401 is rejected',
    about: {
      switchOn:
        "`--audit-policy-file` at level Metadata or more, `--audit-log-path`; EKS: the control plane's audit log",
      cannotTell: 'bytes; before version 1.32, which certificate',
      evidence: 'recorded: kube-apiserver 1.37',
    },
    knownBy: { kind: 'Event', apiVersion: { pattern: 'audit.k8s.io/*' }, auditID: { exists: true } },
  },
);
