import { bucketBatches } from '../bucket-batches.ts';
import { described } from './described.ts';

/**
 * Reports of usage of OpenAI (`/v1/organization/usage/…`) and Anthropic (`/v1/organizations/usage_report/messages`): buckets of a minute, an hour or a
 * day, and in each what a key used of a model. What failed is not in them.
 */
export const usageReports = described(
  {
    id: 'usage-report',
    title: 'OpenAI and Anthropic, usage reports',
    dataset: 'llm.usage',
    // An empty bucket.
    ignore: [
      {
        when: {
          input_tokens: { exists: false },
          uncached_input_tokens: { exists: false },
          num_model_requests: { exists: false },
        },
        reason: 'nothing-used',
      },
    ],
    time: [
      { field: 'start_time', unit: 's' },
      { field: 'starting_at', unit: 'iso' },
    ],
    action: ["{'use'} {model}", "{'use'} {object}", "{'use'}"],
    identities: {
      credential_id: 'api_key_id',
      client_id: ['user_id', 'project_id', 'workspace_id'],
    },
    // A key of the account that is billed for it.
    proof: [
      { is: 'verified', when: { api_key_id: { exists: true } } },
      { is: 'verified', when: { user_id: { exists: true } } },
      { is: 'verified', when: { project_id: { exists: true } } },
      { is: 'verified', when: { workspace_id: { exists: true } } },
    ],
    tokens_in: ['input_tokens', 'uncached_input_tokens'],
    tokens_out: 'output_tokens',
    service: ['project_id', 'workspace_id'],
  },
  {
    proof: '`api_key_id`, `user_id` or project of a call that was billed',
    about: {
      switchOn:
        'OpenAI: `GET /v1/organization/usage/completions?bucket_width=1m&group_by=api_key_id&group_by=model`; Anthropic: `GET /v1/organizations/usage_report/messages?bucket_width=1m&group_by[]=api_key_id&group_by[]=model`; each bucket once, when it is over',
      cannotTell: 'single calls, addresses, what was refused; a day in buckets of a day, when it is over',
      evidence: 'documented: OpenAI API reference and Claude platform, usage, 2026',
    },
    knownBy: [
      { start_time: { exists: true }, end_time: { exists: true }, object: 'bucket' },
      { starting_at: { exists: true }, ending_at: { exists: true } },
    ],
    batches: bucketBatches,
  },
);
