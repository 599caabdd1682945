import { errors } from '@elastic/elasticsearch';
import { isTransientStatus } from '../../http.ts';
import { reasonOf, scrub } from '../../scrub.ts';
import type { ElasticsearchSettings } from './settings.ts';

/** Whether the same call may work later as it is. */
export const isAway = (error: unknown): boolean =>
  error instanceof errors.ResponseError
    ? isTransientStatus(error.statusCode ?? 0)
    : error instanceof errors.ConnectionError || error instanceof errors.TimeoutError;

/** What went wrong and what to check: never a secret, a header or a document. */
export function whyUnavailable(error: unknown, settings: ElasticsearchSettings): string {
  const { node, password, api_key: apiKey } = settings;
  const secrets = [password, apiKey].flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]));
  return scrub(`${node}: ${explain(error, settings)}`, secrets);
}

function explain(error: unknown, settings: ElasticsearchSettings): string {
  if (error instanceof errors.ResponseError) return explainAnswer(error, settings);
  if (error instanceof errors.TimeoutError) return 'Elasticsearch did not answer in time';
  if (error instanceof errors.ConnectionError)
    return `Elasticsearch can't be reached (${reasonOf(error)}); check elasticsearch.node, and elasticsearch.ca for https`;
  if (error instanceof errors.ProductNotSupportedError)
    return 'what answers there is not Elasticsearch; check elasticsearch.node';
  return reasonOf(error);
}

function explainAnswer(error: InstanceType<typeof errors.ResponseError>, settings: ElasticsearchSettings): string {
  const { statusCode } = error;
  const said = typeOf(error.body);
  if (statusCode === 401) return `Elasticsearch refuses ${whoIs(settings)} (401)`;
  if (statusCode === 403)
    return `Elasticsearch forbids it (403${said}); docs/elasticsearch.md lists the privileges that ${whoIs(settings)} needs`;
  if (isAway(error)) return `Elasticsearch answered ${statusCode}${said}`;
  return `Elasticsearch does not take the request (${statusCode}${said}); run \`wayward setup elasticsearch\`, and check that elasticsearch.node is Elasticsearch 8 or 9`;
}

const whoIs = ({ username, api_key: apiKey }: ElasticsearchSettings): string =>
  apiKey !== undefined
    ? 'the key of elasticsearch.api_key'
    : username !== undefined
      ? `the user ${username} with the password of elasticsearch.password`
      : 'requests without a user; write username and password, or api_key';

/** Only the type of the error: its reason may quote a document. */
function typeOf(body: unknown): string {
  const type = (body as { error?: { type?: unknown } } | undefined)?.error?.type;
  return typeof type === 'string' ? ` ${type}` : '';
}
