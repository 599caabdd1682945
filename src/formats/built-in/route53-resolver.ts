import { described } from './described.ts';

/** Amazon Route 53 Resolver, query logs: the names that an instance looked up, which is where it means to go. */
export const route53Resolver = described(
  {
    id: 'route53-resolver',
    title: 'Amazon Route 53 Resolver query logs',
    dataset: 'aws.dns',
    time: { field: 'query_timestamp', unit: 'iso' },
    action: "{'resolve'} {query_name}",
    result: [
      { is: 'denied', when: { firewall_rule_action: 'BLOCK' } },
      { field: 'rcode', success: ['NOERROR'], else: 'error' },
    ],
    identities: { credential_id: ['srcids.instance', 'srcids.resolver_endpoint'] },
    proof: 'verified',
    source_ip: 'srcaddr',
    service: 'vpc_id',
  },
  {
    proof: 'AWS writes whose instance asked; register its id as `credential_id`',
    about: {
      switchOn: 'query logging of the VPC, to S3, CloudWatch Logs or Firehose',
      cannotTell: 'whether anything was sent there; whose process on a host asked; names from its cache',
      evidence: 'documented: Amazon Route 53 Resolver, values of query logs, version 1.1',
    },
    knownBy: {
      query_name: { exists: true },
      query_timestamp: { exists: true },
      rcode: { exists: true },
      srcaddr: { exists: true },
    },
  },
);
