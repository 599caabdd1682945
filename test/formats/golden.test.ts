import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { isBelieved } from '../../src/proof.ts';
import { caddy, envoy, FIXTURES, formatOf, parseAll, sample } from './records.ts';

/** Recorded log, its format, how many records it holds. */
const SAMPLES = [
  ['nginx-access.jsonl', 'nginx-json', 22],
  ['nginx-access.combined.log', 'nginx-combined', 22],
  ['pgaudit.json', 'pgaudit-json', 71],
  ['pgaudit.csv', 'pgaudit-csv', 71],
  ['pgaudit.stderr.log', 'pgaudit-stderr', 71],
  ['pgaudit-with-vault-roles.json', 'pgaudit-json', 116],
  ['pgaudit-with-vault-roles.csv', 'pgaudit-csv', 116],
  ['pgaudit-with-vault-roles.stderr.log', 'pgaudit-stderr', 116],
  // PostgreSQL in German, Russian and Chinese, with databases in UTF8 and LATIN1, and three prefixes of the stderr log.
  ['postgres-de.csv', 'pgaudit-csv', 75],
  ['postgres-de.json', 'pgaudit-json', 75],
  ['postgres-de.stderr.log', 'pgaudit-stderr', 75],
  ['postgres-ru.csv', 'pgaudit-csv', 75],
  ['postgres-ru.stderr.log', 'pgaudit-stderr', 75],
  ['postgres-zh.stderr.log', 'pgaudit-stderr', 82],
  ['pgauditlogtofile.csv', 'pgauditlogtofile-csv', 5],
  ['pgauditlogtofile-quoted.csv', 'pgauditlogtofile-quoted', 4],
  ['pgauditlogtofile.jsonl', 'pgauditlogtofile-json', 4],
  ['vault-audit.jsonl', 'vault-audit', 54],
  ['vault-audit-hmac_accessor-false.jsonl', 'vault-audit', 10],
  ['envoy-access.jsonl', 'envoy', 20],
  ['caddy-access.jsonl', 'caddy', 11],
  ['traefik-access.jsonl', 'traefik', 15],
  ['kube-audit.jsonl', 'kubernetes-audit', 24],
  ['litellm.jsonl', 'litellm', 8],
  ['mariadb-server_audit.log', 'mariadb-audit', 63],
  ['keycloak-events.jsonl', 'keycloak-events', 35],
  ['kafka-authorizer.log', 'kafka-authorizer', 57],
  ['contextforge-permissions.jsonl', 'contextforge-permissions', 4],
  ['apache-access.jsonl', 'apache-json', 18],
  ['apache-access.combined.log', 'nginx-combined', 18],
  ['haproxy-access.jsonl', 'haproxy-json', 18],
  ['haproxy-http.log', 'haproxy-http', 17],
  ['redis-acl-log.json', 'redis-acl-log', 5],
  ['clickhouse-query-log.jsonl', 'clickhouse-query-log', 5],
  ['mcp-server.jsonl', 'mcp-server', 3],
  ['squid-access.log', 'squid', 11],
  ['otlp-collector.jsonl', 'opentelemetry', 14],
  // Written by hand, as the documentation of each has it.
  ['otlp-coding-agents.jsonl', 'opentelemetry', 17],
  ['aws-cloudtrail.jsonl', 'aws-cloudtrail', 13],
  ['kong.jsonl', 'kong', 6],
  ['apisix.jsonl', 'apisix', 2],
  ['aws-api-gateway.jsonl', 'aws-api-gateway', 5],
  ['gcp-audit.jsonl', 'gcp-audit', 7],
  ['github-audit.jsonl', 'github-audit', 6],
  ['okta-system-log.jsonl', 'okta-system-log', 7],
  ['mongodb-audit.jsonl', 'mongodb-audit', 7],
  ['mysql-audit.jsonl', 'mysql-audit', 4],
  ['nginx-variables.jsonl', 'nginx-variables', 3],
  ['auditd-lines.log', 'auditd-lines', 16],
  ['auditd.jsonl', 'auditd', 5],
  ['authensor-receipts.jsonl', 'authensor-receipts', 4],
  ['bedrock-invocations.jsonl', 'bedrock-invocations', 3],
  ['envoy-text.log', 'envoy-text', 5],
  ['vpc-flow-fields.log', 'vpc-flow-fields', 6],
  ['mysql-enterprise-audit.json', 'mysql-enterprise-audit', 7],
  ['openai-audit.json', 'openai-audit', 4],
  ['anthropic-compliance.json', 'anthropic-compliance', 3],
  ['usage-report.json', 'usage-report', 4],
  ['usage-report-anthropic.json', 'usage-report', 1],
  ['entra-service-principals.jsonl', 'entra-service-principals', 5],
  ['auth0-logs.jsonl', 'auth0-logs', 4],
  ['databricks-audit.jsonl', 'databricks-audit', 4],
  ['snowflake-history.jsonl', 'snowflake-history', 4],
  ['teleport-audit.jsonl', 'teleport-audit', 6],
  ['ocsf.jsonl', 'ocsf', 6],
  ['ecs.jsonl', 'ecs', 5],
  ['vpc-flow-logs.log', 'vpc-flow-logs', 5],
  ['route53-resolver.jsonl', 'route53-resolver', 3],
] as const;

const all = [envoy, caddy, ...formats];

describe.each(SAMPLES)('%s', (log, id, records) => {
  // A description of one's own counts before a built-in format of the same name.
  const format = all.find((one) => one.id === id) ?? envoy;
  const parsed = parseAll(format, sample(log));

  it(`is found to be ${id} by its content`, () => {
    expect(formatOf(log, all)?.id).toBe(id);
  });

  it('gives one result for each record: none vanishes, none is unusable', () => {
    expect(parsed).toHaveLength(records);
    expect(parsed.filter((result) => 'unusable' in result)).toEqual([]);
  });

  it('gives what the golden file says (UPDATE_GOLDEN=1 rewrites it)', () => {
    const file = new URL(`golden/${log}.json`, FIXTURES);
    const text = `[\n${parsed.map((result) => JSON.stringify(result)).join(',\n')}\n]\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(new URL('golden/', FIXTURES), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), 'UPDATE_GOLDEN=1 npx vitest run test/formats').toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('lets no secret of the samples into any result', () => {
    const secrets = JSON.parse(readFileSync(new URL('secrets-in-samples.json', FIXTURES), 'utf8')) as string[];
    const text = JSON.stringify(parsed);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('one server, three logs', () => {
  it('proves who it was in jsonlog and csvlog, and only declares it in stderr', () => {
    const statesOf = (id: string, log: string) => {
      const format = formatById(id);
      if (format === undefined) throw new Error(`no format ${id}`);
      const events = parseAll(format, sample(log)).filter(isEvent);
      return new Set(events.map(({ proof }) => proof.state));
    };
    expect(statesOf('pgaudit-json', 'pgaudit.json')).toEqual(new Set(['verified', 'rejected']));
    expect(statesOf('pgaudit-csv', 'pgaudit.csv')).toEqual(new Set(['verified', 'rejected']));
    expect(statesOf('pgaudit-stderr', 'pgaudit.stderr.log')).toEqual(new Set(['declared', 'rejected']));
  });

  it.each(['pgaudit', 'pgaudit-with-vault-roles', 'postgres-de'])(
    '%s gives the same events from jsonlog, csvlog and stderr',
    (log) => {
      const events = (['json', 'csv', 'stderr.log'] as const).map((end) => {
        const format = formatById(`pgaudit-${end.replace('.log', '')}`);
        if (format === undefined) throw new Error(`no format for ${end}`);
        return (
          parseAll(format, sample(`${log}.${end}`))
            .filter(isEvent)
            // Only the code tells a server that is starting from a refused login, where it does not speak English.
            .filter(({ action, service }) => log !== 'postgres-de' || action !== 'LOGIN' || service !== 'postgres')
            .map(({ proof, ...event }) => ({ ...event, format: undefined, believed: isBelieved(proof) }))
        );
      });
      expect(events[1]).toEqual(events[0]);
      expect(events[2]).toEqual(events[0]);
    },
  );
});
