import { described } from './described.ts';

const part = (extract: string) => ({ field: 'line', extract });
/** The authorizer that kept its rules in ZooKeeper writes it with a capital letter. */
const operations = (extract: string) =>
  ['operation', 'Operation'].map((word) => part(`*Principal = User:* is * ${word} = ${extract}`));
/** Kafka before 3 says no request. */
const ends = (extract: string) => [
  part(`*Principal = User:* on resource = ${extract} for request = *`),
  part(`*Principal = User:* on resource = ${extract} (*`),
];

/**
 * Kafka's authorizer log (`kafka.authorizer.logger`), whatever layout log4j gives it. It names a principal only after authentication; other lines
 * of the broker are ignored, such as failed logins, which may hold whole tokens.
 */
export const kafkaAuthorizer = described(
  {
    id: 'kafka-authorizer',
    title: 'Kafka authorizer log',
    dataset: 'kafka.authorizer',
    input: 'text',
    fields: {
      principal: part('*Principal = User:{} is *'),
      decision: [part('*Principal = User:* is {} operation = *'), part('*Principal = User:* is {} Operation = *')],
      operation: operations('{} from host = *'),
      host: part('*Principal = User:* from host = {} on resource = *'),
      kind: part('*Principal = User:* on resource = {}:*'),
      resource: ['*:LITERAL:{}', '*:PREFIXED:{}', '*:{}'].flatMap(ends),
      iso_time: part('{}Z *'),
      log4j_time: part('[{},*] *'),
    },
    ignore: [{ when: { principal: { exists: false } }, reason: 'server-line' }],
    time: [
      { field: 'iso_time', unit: 'iso', zone: 'UTC' },
      { field: 'log4j_time', unit: 'iso', zone: 'UTC' },
    ],
    action: '{operation} {kind}:{resource}',
    result: [{ field: 'decision', denied: ['Denied'], success: ['Allowed'] }],
    identities: { client_id: { field: 'principal', when: { principal: { not: 'ANONYMOUS' } } } },
    proof: [{ is: 'verified', when: { principal: { exists: true, not: 'ANONYMOUS' } } }],
    source_ip: 'host',
  },
  {
    proof: 'a principal other than `ANONYMOUS`: the broker asks the authorizer once it has authenticated',
    about: {
      switchOn:
        '`log4j.logger.kafka.authorizer.logger=DEBUG` (INFO shows what was denied, and nothing else); log4j in UTC',
      cannotTell: 'who failed to log in; bytes and messages',
      evidence: 'recorded: Kafka 4.4, StandardAuthorizer; AclAuthorizer documented: Kafka 3.9, its source',
    },
    knownBy: {
      line: {
        pattern: [
          '*Principal = User:* operation = * on resource = *',
          '*Principal = User:* Operation = * on resource = *',
        ],
      },
    },
  },
);
