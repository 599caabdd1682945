import type { Attribution } from './attribution/attributed.ts';
import { categoryOf, ECS_VERSION, isAddress } from './ecs.ts';
import type { CredentialUse } from './event.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * One use of a credential as an ECS document: nested JSON, never dotted keys, absent where unknown.
 * ECS 9, https://www.elastic.co/docs/reference/ecs; what it has no field for stands under `wayward`.
 * @param id `event.id`
 */
export function toEcs(use: CredentialUse, id: string, attribution?: Attribution): Json {
  const [module = use.dataset] = use.dataset.split('.');
  return {
    '@timestamp': new Date(use.time).toISOString(),
    ecs: { version: ECS_VERSION },
    event: {
      kind: 'event',
      ...classify(use),
      id,
      action: use.action,
      outcome: use.result === 'success' ? 'success' : 'failure',
      dataset: use.dataset,
      module,
    },
    source: sourceOf(use.sourceIp),
    user_agent: some({ original: use.client }),
    http: httpOf(use),
    url: some({ path: use.path }),
    service: some({ name: use.service }),
    trace: some({ id: use.traceId }),
    gen_ai: some({ ...agentOf(attribution), ...usageOf(use) }),
    wayward: {
      result: use.result,
      proof: use.proof,
      format: use.format,
      uses: use.uses,
      decoded: use.lossy && 'lossy',
      truncated: use.truncated,
      principal: attribution?.principal,
      credential: some({ id: attribution?.credential?.id, kind: attribution?.credential?.kind }),
      attribution: attribution && some({ ...pick(attribution), ambiguous: attribution.ambiguous }),
      identities: use.identities.length > 0 ? use.identities : undefined,
      session: use.session,
      bytes: use.bytes > 0 ? use.bytes : undefined,
      cost: use.spent && use.spent.cost > 0 ? use.spent.cost : undefined,
      db: some({ statement: use.statement, rows: use.rows > 0 ? use.rows : undefined, shape: use.shape }),
      leaks: use.leaks.length > 0 ? use.leaks : undefined,
    },
  };
}

/** Only combinations that ECS expects: a failed authentication is one, whatever it was to give access to. */
function classify({ dataset, result }: CredentialUse): { category: string[]; type: string[] } {
  if (result === 'rejected') return { category: ['authentication'], type: ['start'] };
  const category = categoryOf(dataset);
  if (category === 'iam') return { category: ['iam'], type: ['info'] };
  const denied = category === 'api' && result === 'denied';
  return { category: [category], type: denied ? ['access', 'denied'] : ['access'] };
}

/** `source.ip` takes addresses only; a host name or a socket stands in `source.address`. */
function sourceOf(source: string | undefined): Json | undefined {
  if (source === undefined) return undefined;
  return isAddress(source) ? { ip: source } : { address: source };
}

function httpOf({ method, status, bytes }: CredentialUse): Json | undefined {
  if (method === undefined && status === undefined) return undefined;
  return {
    request: some({ method }),
    response: some({ status_code: status, body: bytes > 0 ? { bytes } : undefined }),
  };
}

/** The registry's name for the agent, verbatim; absent where nobody registered it. */
function agentOf(attribution: Attribution | undefined): Json | undefined {
  const agent = attribution?.credential?.agent;
  return agent === undefined ? undefined : { agent: { id: agent, name: agent } };
}

/** Tokens of a language model, as OpenTelemetry's conventions name them. */
function usageOf({ spent }: CredentialUse): Json {
  if (spent === undefined) return {};
  const { inputTokens, outputTokens } = spent;
  return { usage: { input_tokens: inputTokens, output_tokens: outputTokens } };
}

const pick = ({ method, confidence }: Attribution) => ({ method, confidence });

/** The object, or undefined if all in it is: JSON then leaves it out. */
const some = (fields: Json): Json | undefined =>
  Object.values(fields).some((value) => value !== undefined) ? fields : undefined;
