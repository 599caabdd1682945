import type { Conditions } from '../detectors/conditions.ts';
import { address, anywhere, bytes, type FieldRule, like, pathOnly, result, status } from './field-rules.ts';
import type { SigmaRule } from './rule.ts';

/** A source of logs that rules are about, and how its fields stand in our events. */
export interface LogSource {
  readonly fits: (logsource: SigmaRule['logsource']) => boolean;
  /** Which events are of it. */
  readonly of: Conditions;
  /** By name, in lower case. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** What words without a field mean; absent where they can't be said. */
  readonly words?: FieldRule;
}

const WEB = [
  'nginx.*',
  'apache.*',
  'kong.*',
  'apisix.*',
  'traefik.*',
  'caddy.*',
  'envoy.*',
  'haproxy.*',
  'aws.apigateway',
];
const DATABASES = ['postgresql.*', 'mariadb.*', 'mysql.*', 'clickhouse.*', 'snowflake.*', 'databricks.*'];

const HTTP: LogSource['fields'] = {
  'cs-method': like('method'),
  'cs-uri-stem': like('path'),
  'c-uri-path': like('path'),
  'cs-uri': pathOnly,
  'c-uri': pathOnly,
  'sc-status': status,
  'c-ip': address,
  src_ip: address,
  'cs-user-agent': like('client'),
  'cs(user-agent)': like('client'),
  'c-useragent': like('client'),
  'sc-bytes': bytes,
};

/** `s3.amazonaws.com` is `s3:` in an action. */
const service: FieldRule = (asked) =>
  like('action_like', (glob) => {
    const label =
      /^([\w*-]+)\.(?:amazonaws\.com|googleapis\.com)$/i.exec(glob)?.[1] ?? /^([\w-]+)\.\*$/.exec(glob)?.[1];
    if (label === undefined) throw new Error(`"${glob}" names no service whole`);
    return [`${label}:*`];
  })(asked);

/** What stands behind the service in an action. */
const operation = like('action_like', (glob) => [`*:${glob}`]);

const AWS: LogSource = {
  fits: ({ product, service: name }) => product === 'aws' && (name === 'cloudtrail' || name === ''),
  of: { dataset: ['aws.cloudtrail'] },
  fields: {
    eventsource: service,
    eventname: operation,
    useragent: like('client'),
    sourceipaddress: address,
    errorcode: (asked) => {
      const asResult = result({
        null: 'success',
        success: 'success',
        accessdenied: 'denied',
        accessdeniedexception: 'denied',
        'client.unauthorizedoperation': 'denied',
        unauthorizedoperation: 'denied',
      })(asked);
      if (asResult.result?.includes('denied') === true) asked.note('any refusal counts as this errorCode');
      return asResult;
    },
  },
  words: anywhere('action_like', 'client'),
};

const method = like('action_like', (glob) => [`*:${glob}`, glob]);
const GCP: LogSource = {
  fits: ({ product }) => product === 'gcp',
  of: { dataset: ['gcp.audit'] },
  fields: {
    'gcp.audit.method_name': method,
    'data.protopayload.methodname': method,
    'protopayload.methodname': method,
    'data.protopayload.servicename': service,
    'gcp.audit.service_name': service,
    'gcp.audit.request_metadata.caller_ip': address,
  },
  words: anywhere('action_like'),
};

const OKTA: LogSource = {
  fits: ({ product, category, service: name }) => product === 'okta' || (product + category === '' && name === 'okta'),
  of: { dataset: ['okta.system'] },
  fields: {
    eventtype: like('action_like'),
    'client.ipaddress': address,
    'client.useragent.rawuseragent': like('client'),
    'outcome.result': result({ success: 'success', allow: 'success', deny: 'denied' }),
  },
};

const GITHUB: LogSource = {
  fits: ({ product }) => product === 'github',
  of: { dataset: ['github.audit'] },
  fields: {
    action: like('action_like', (glob) => [glob, `${glob} *`]),
    org: like('service'),
    actor_ip: address,
    user_agent: like('client'),
  },
};

const resource = like('action_like', (glob) => [`* ${glob}`, `* ${glob}/*`, `* */${glob}`, `* */${glob}/*`]);
const subresource = like('action_like', (glob) => [`* */${glob}`]);
const KUBERNETES: LogSource = {
  fits: ({ product, category }) => product === 'kubernetes' || (category === '' && product === 'k8s'),
  of: { dataset: ['kubernetes.audit'] },
  fields: {
    verb: like('action_like', (glob) => [`${glob} *`]),
    'objectref.resource': resource,
    resource,
    'objectref.subresource': subresource,
    subresource,
    'objectref.namespace': like('service'),
    namespace: like('service'),
    'responsestatus.code': status,
    'user-agent': like('client'),
    useragent: like('client'),
    sourceips: address,
    requesturi: like('path'),
  },
};

const ENTRA: LogSource = {
  fits: ({ product, service: name }) => product === 'azure' && name === 'signinlogs',
  of: { dataset: ['entra.signin'] },
  fields: {
    resourcedisplayname: like('service'),
    ipaddress: address,
    useragent: like('client'),
  },
};

export const LOG_SOURCES: readonly LogSource[] = [
  {
    fits: ({ category }) => category === 'webserver',
    of: { dataset: WEB },
    fields: HTTP,
    words: anywhere('path', 'client'),
  },
  {
    fits: ({ category }) => category === 'proxy',
    of: { dataset: [...WEB, 'squid.*'] },
    fields: { ...HTTP, 'cs-host': like('service'), 'r-dns': like('service') },
  },
  {
    fits: ({ category, product }) =>
      category === 'database' || ['postgresql', 'mysql', 'mariadb', 'sql', 'snowflake'].includes(product),
    of: { dataset: DATABASES },
    fields: { statement: like('statement'), query: like('statement'), sql: like('statement') },
    words: anywhere('statement'),
  },
  AWS,
  GCP,
  OKTA,
  GITHUB,
  KUBERNETES,
  ENTRA,
];

/** What the docs list. */
export const LOG_SOURCE_NAMES =
  'category webserver, proxy or database; product aws (cloudtrail), gcp, okta, github, kubernetes or azure (signinlogs)';
