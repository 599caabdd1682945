import { type OwnNames, ownNames } from './names.ts';
import type { KafkaSettings } from './settings.ts';

/** What a user may do with a kind of resource, in the words of Kafka's `kafka-acls.sh`. */
interface Acl {
  readonly resource: 'topic' | 'group' | 'transactional-id' | 'cluster';
  /** Undefined for the cluster, which has no name. */
  readonly name?: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly string[];
  readonly why: string;
}

/** What one user needs for `setup kafka` and all roles of `wayward run`; nothing else, and nothing on topics of others. */
const aclsOf = ({ topicsBegin, prefix }: OwnNames, rawTopics: readonly string[]): Acl[] => [
  ...rawTopics.map(
    (name): Acl => ({
      ...{ resource: 'topic', name, pattern: 'literal' },
      operations: ['Read', 'Describe'],
      why: 'logs: they are only read',
    }),
  ),
  {
    ...{ resource: 'topic', name: topicsBegin, pattern: 'prefixed' },
    operations: ['Create', 'Describe', 'DescribeConfigs', 'Read', 'Write'],
    why: 'its own topics; Create and DescribeConfigs are for setup kafka, and can go afterwards',
  },
  {
    ...{ resource: 'group', name: `${prefix}wayward-`, pattern: 'prefixed' },
    operations: ['Read', 'Describe'],
    why: 'its own consumer groups',
  },
  {
    ...{ resource: 'transactional-id', name: `${prefix}wayward-`, pattern: 'prefixed' },
    operations: ['Write', 'Describe'],
    why: 'exactly once: one writer for each partition',
  },
  { resource: 'cluster', pattern: 'literal', operations: ['Describe'], why: 'how many brokers there are' },
];

/** As one word of a shell. */
const word = (text: string): string =>
  /^[\w.:@/=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Lines of a shell that give `principal`, such as `User:wayward`, what Wayward needs, by the tool that comes with Kafka. */
export const aclCommands = ({ brokers, prefix, topics }: KafkaSettings, principal: string): string[] => {
  const raw = topics.map(({ topic }) => topic);
  return aclsOf(ownNames(prefix), raw).flatMap(({ resource, name, pattern, operations, why }) => {
    const on = [`--${resource}`, ...(name === undefined ? [] : [name])];
    const how = pattern === 'prefixed' ? ['--resource-pattern-type', 'prefixed'] : [];
    const may = operations.flatMap((operation) => ['--operation', operation]);
    const who = ['--bootstrap-server', brokers.join(','), '--add', '--allow-principal', principal];
    return [`# ${why}`, ['kafka-acls.sh', ...who, ...may, ...on, ...how].map(word).join(' ')];
  });
};
