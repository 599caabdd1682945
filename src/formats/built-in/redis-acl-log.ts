import { described } from './described.ts';

/** What the client says of itself stands in `client-info` behind its address; it holds no space. */
const client = (extract: string) => ({ field: 'client-info', extract });

/**
 * `ACL LOG` of Redis 7.2 and later, and Valkey, as JSON: what was refused, and nothing that was allowed. Of a failed login the name is the one
 * that was claimed. Equal entries within a minute are one, with a count.
 */
export const redisAclLog = described(
  {
    id: 'redis-acl-log',
    title: 'Redis and Valkey, ACL LOG as JSON',
    dataset: 'redis.acl_log',
    fields: {
      command: client('* cmd={} *'),
      address: client('* addr={} *'),
      area: { field: 'object', extract: '{}:*' },
    },
    time: { field: ['timestamp-last-updated', 'timestamp-created'], unit: 'ms' },
    cases: [
      { when: { reason: 'auth' }, action: "{'LOGIN'}", result: [{ is: 'rejected' }] },
      { when: { reason: 'command' }, action: '{object}' },
      // Keys hold identifiers behind their first part.
      { action: ['{command} {area}:*', '{command} {object}', '{reason} {object}'] },
    ],
    result: [{ is: 'denied' }],
    identities: { db_user: 'username' },
    proof: [{ is: 'verified', when: { reason: ['command', 'key', 'channel', 'db'] } }],
    source_ip: 'address',
    session: client('id={} *'),
  },
  {
    proof: 'a reason other than `auth`: only an authenticated connection is asked what it may do; `auth` is rejected',
    about: {
      switchOn:
        'nothing: `redis-cli --json ACL LOG` every minute into a file of its own, then `ACL LOG RESET`, or entries count again; `acllog-max-len`',
      cannotTell: 'what was allowed; how often within a minute; Redis before 7.2 says no time',
      evidence: 'recorded: Valkey 9.1',
    },
    knownBy: {
      reason: { exists: true },
      username: { exists: true },
      'client-info': { exists: true },
      'age-seconds': { exists: true },
    },
  },
);
