import { auditdLines } from './auditd-lines.ts';
import { anthropicCompliance } from './built-in/anthropic-compliance.ts';
import { apacheJson } from './built-in/apache-json.ts';
import { apisix } from './built-in/apisix.ts';
import { auditd } from './built-in/auditd.ts';
import { auth0Logs } from './built-in/auth0-logs.ts';
import { authensorReceipts } from './built-in/authensor-receipts.ts';
import { awsApiGateway } from './built-in/aws-api-gateway.ts';
import { awsCloudTrail } from './built-in/aws-cloudtrail.ts';
import { bedrockInvocations } from './built-in/bedrock-invocations.ts';
import { caddy } from './built-in/caddy.ts';
import { clickhouseQueryLog } from './built-in/clickhouse-query-log.ts';
import { contextforgePermissions } from './built-in/contextforge-permissions.ts';
import { databricksAudit } from './built-in/databricks-audit.ts';
import { ecs } from './built-in/ecs.ts';
import { entraServicePrincipals } from './built-in/entra-service-principals.ts';
import { envoy } from './built-in/envoy.ts';
import { envoyText } from './built-in/envoy-text.ts';
import { gcpAudit } from './built-in/gcp-audit.ts';
import { githubAudit } from './built-in/github-audit.ts';
import { haproxyHttp } from './built-in/haproxy-http.ts';
import { haproxyJson } from './built-in/haproxy-json.ts';
import { kafkaAuthorizer } from './built-in/kafka-authorizer.ts';
import { keycloakEvents } from './built-in/keycloak-events.ts';
import { kong } from './built-in/kong.ts';
import { kubernetesAudit } from './built-in/kubernetes-audit.ts';
import { litellm } from './built-in/litellm.ts';
import { mcpServer } from './built-in/mcp-server.ts';
import { mongodbAudit } from './built-in/mongodb-audit.ts';
import { mysqlAudit } from './built-in/mysql-audit.ts';
import { mysqlEnterpriseAudit } from './built-in/mysql-enterprise-audit.ts';
import { nginxVariables } from './built-in/nginx-variables.ts';
import { ocsf } from './built-in/ocsf.ts';
import { oktaSystemLog } from './built-in/okta-system-log.ts';
import { openaiAudit } from './built-in/openai-audit.ts';
import { openTelemetry } from './built-in/opentelemetry.ts';
import { redisAclLog } from './built-in/redis-acl-log.ts';
import { route53Resolver } from './built-in/route53-resolver.ts';
import { snowflakeHistory } from './built-in/snowflake-history.ts';
import { squid } from './built-in/squid.ts';
import { teleportAudit } from './built-in/teleport-audit.ts';
import { traefik } from './built-in/traefik.ts';
import { usageReports } from './built-in/usage-reports.ts';
import { vpcFlowLogs } from './built-in/vpc-flow-logs.ts';
import type { Format } from './format.ts';
import { mariadbAudit } from './mariadb-audit.ts';
import { nginxCombined } from './nginx-combined.ts';
import { nginxJson } from './nginx-json.ts';
import { pgauditCsv } from './pgaudit-csv.ts';
import { pgauditJson } from './pgaudit-json.ts';
import { pgauditStderr } from './pgaudit-stderr.ts';
import { pgauditlogtofileCsv, pgauditlogtofileJson, pgauditlogtofileQuoted } from './pgauditlogtofile.ts';
import { vaultAudit } from './vault-audit.ts';
import { vpcFlowFields } from './vpc-flow-fields.ts';

/** Formats that users may describe themselves, under the same id, too: theirs counts. */
export const describedFormats: readonly Format[] = [
  awsCloudTrail,
  bedrockInvocations,
  kubernetesAudit,
  mongodbAudit,
  mysqlAudit,
  mysqlEnterpriseAudit,
  redisAclLog,
  clickhouseQueryLog,
  kong,
  apisix,
  traefik,
  caddy,
  envoy,
  envoyText,
  apacheJson,
  haproxyJson,
  haproxyHttp,
  awsApiGateway,
  litellm,
  openTelemetry,
  authensorReceipts,
  gcpAudit,
  githubAudit,
  oktaSystemLog,
  keycloakEvents,
  kafkaAuthorizer,
  contextforgePermissions,
  mcpServer,
  openaiAudit,
  anthropicCompliance,
  usageReports,
  entraServicePrincipals,
  auth0Logs,
  teleportAudit,
  snowflakeHistory,
  databricksAudit,
  ocsf,
  squid,
  vpcFlowLogs,
  route53Resolver,
  auditd,
  ecs,
  nginxVariables,
];

/** Every built-in log format; a new one is its file and a line here. */
export const formats: readonly Format[] = [
  nginxJson,
  nginxCombined,
  pgauditJson,
  pgauditlogtofileCsv,
  pgauditlogtofileQuoted,
  pgauditlogtofileJson,
  pgauditCsv,
  pgauditStderr,
  vaultAudit,
  mariadbAudit,
  vpcFlowFields,
  auditdLines,
  ...describedFormats,
];

export const formatById = (id: string): Format | undefined => formats.find((format) => format.id === id);
