import { described } from './described.ts';

/** MongoDB (Enterprise, Atlas, Percona) audit log in JSON; `auditAuthorizationSuccess` has it write what was allowed, too. */
export const mongodbAudit = described(
  {
    id: 'mongodb-audit',
    title: 'MongoDB audit log, JSON',
    dataset: 'mongodb.audit',
    ignore: [{ when: { atype: ['clientMetadata', 'logout'] }, reason: 'connection-line' }],
    time: { field: 'ts', unit: 'iso' },
    action: ['{param.command} {param.ns}', '{param.command}', '{atype} {param.ns}', '{atype}'],
    result: [{ field: 'result', success: [0], denied: [13], rejected: [18], else: 'error' }],
    identities: { db_user: ['users.0.user', 'param.user'] },
    proof: 'verified',
    source_ip: 'remote.ip',
    service: 'param.db',
    session: 'uuid.$binary',
    cases: [
      {
        when: { atype: 'authenticate' },
        action: "{'LOGIN'}",
        identities: { db_user: 'param.user' },
        result: [{ field: 'result', success: [0], else: 'rejected' }],
      },
    ],
  },
  {
    proof: 'MongoDB writes `users` of an authenticated session; a failed `authenticate` is rejected',
    about: {
      switchOn: '`auditLog` with `format: JSON`, and `auditAuthorizationSuccess: true` for what was allowed',
      cannotTell: 'documents and bytes',
      evidence: 'documented: MongoDB 8, audit message',
    },
    knownBy: { atype: { exists: true }, ts: { exists: true }, result: { exists: true } },
  },
);
