import { described } from './described.ts';

/** Teleport's audit events, as its event handler and its file give them. What a code ends in says how it ended: I, W or E. */
export const teleportAudit = described(
  {
    id: 'teleport-audit',
    title: 'Teleport audit events',
    dataset: 'teleport.audit',
    ignore: [
      { when: { event: ['*.data', 'session.print', 'resize', 'session.network'] }, reason: 'part-of-a-session' },
    ],
    time: { field: ['time', 'timestamp'], unit: 'iso' },
    identities: { client_id: 'user', credential_id: 'bot_instance_id' },
    proof: [{ is: 'verified', when: { user: { exists: true } } }],
    source_ip: ['"addr.remote"', 'remote_addr'],
    client: 'user_agent',
    service: ['db_service', 'app_name', 'kubernetes_cluster', 'server_hostname', 'cluster_name'],
    session: 'sid',
    cases: [
      {
        when: { event: ['auth', 'user.login', 'bot.join', 'instance.join'] },
        action: '{event}',
        result: [
          { is: 'rejected', when: { success: false } },
          { field: 'code', rejected: ['*W', '*E'] },
        ],
      },
      {
        when: { event: 'db.session.query' },
        action: '{sql(db_query)}',
        statement: 'db_query',
        result: [{ field: 'code', error: ['*W', '*E'] }],
      },
      {
        when: { event: 'kube.request' },
        action: '{verb} {path(request_path)}',
        path: 'request_path',
        status: 'response_code',
        result: [{ field: 'response_code', rejected: [401], denied: [403], error: ['4xx', '5xx'] }],
      },
      {
        action: ['{event} {db_service}', '{event} {app_name}', '{event} {server_hostname}', '{event}'],
        result: [
          { is: 'denied', when: { event: '*.start', success: false } },
          { field: 'code', denied: ['TDB00W'], error: ['*W', '*E'] },
        ],
      },
    ],
  },
  {
    proof: '`user` of an event other than a login, a join or an authentication that failed',
    about: {
      switchOn: 'the event handler (`teleport-event-handler`), or the audit log of the auth service',
      cannotTell: 'rows and bytes; what was typed in a session',
      evidence: 'documented: Teleport 18, audit events',
    },
    knownBy: { event: { exists: true }, code: { pattern: 'T*' }, uid: { exists: true }, time: { exists: true } },
  },
);
