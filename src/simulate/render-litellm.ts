import { createHash } from 'node:crypto';

/** One call of a model, by whom a LiteLLM proxy has checked the key. */
export interface ModelCall {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly user: string;
  readonly alias: string;
  readonly model: string;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly ip: string;
  readonly client: string;
}

/** US dollars for a million tokens in and out: made-up prices. */
const PRICES: Readonly<Record<string, readonly [number, number]>> = { 'small-model': [0.3, 1.2] };
const DEAR: readonly [number, number] = [15, 75];

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A line as LiteLLM's StandardLoggingPayload, with the fields that say who called what at which cost. */
export const litellmLine = (call: ModelCall, number: number): string => {
  const [priceIn, priceOut] = PRICES[call.model] ?? DEAR;
  return JSON.stringify({
    id: `chatcmpl-${number}`,
    trace_id: sha256(`trace ${number}`).slice(0, 32),
    call_type: 'acompletion',
    status: 'success',
    custom_llm_provider: 'example',
    startTime: call.time / 1_000,
    endTime: (call.time + 40 * call.tokensOut) / 1_000,
    model: `example/${call.model}`,
    model_group: call.model,
    metadata: {
      user_api_key_hash: sha256(call.alias),
      user_api_key_alias: call.alias,
      user_api_key_user_id: call.user,
      requester_ip_address: call.ip,
      user_agent: call.client,
    },
    prompt_tokens: call.tokensIn,
    completion_tokens: call.tokensOut,
    total_tokens: call.tokensIn + call.tokensOut,
    response_cost: (call.tokensIn * priceIn + call.tokensOut * priceOut) / 1_000_000,
  });
};
