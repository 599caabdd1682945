import type { SecretPattern } from './pattern.ts';

/** Models and what agents work with. */
export const AI_PATTERNS: readonly SecretPattern[] = [
  {
    kind: 'api-key',
    starts: ['sk-'],
    rest: /[\w-]{16,}/y,
    alone: true,
    mixed: true,
    source:
      'OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek, LiteLLM and Langfuse (sk-lf-): their docs of API keys',
    finds: ['proj-Ab12Cd34Ef56Gh78Ij90', 'ant-api03-Ab12Cd34Ef56Gh78Ij90', 'or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
    leaves: ['class=sk-loading-spinner-container', '/desk-1234567890123456-b'],
  },
  {
    kind: 'api-key',
    starts: [
      'gsk_',
      'xai-',
      'csk-',
      'pplx-',
      'nvapi-',
      'tvly-',
      'tgp_v1_',
      'jina_',
      'pcsk_',
      'fw_',
      'sess-',
      'bb_live_',
    ],
    rest: /[\w-]{20,}/y,
    alone: true,
    mixed: true,
    source:
      'GitHub docs, supported secret scanning patterns: Groq, xAI, Cerebras, Perplexity, NVIDIA, Tavily, Together, Pinecone',
    finds: ['a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'],
    leaves: ['fw_', 'sess-of-the-night-before-the-run', '/models/xai-grok-latest-preview'],
  },
  {
    kind: 'api-key',
    starts: ['lsv2_pt_', 'lsv2_sk_', 'apify_api_', 'r8_', 'e2b_', 'ctx7sk-', 'mdb_sa_sk_'],
    rest: /[\w-]{24,}/y,
    alone: true,
    mixed: true,
    source: 'GitHub docs, supported secret scanning patterns: LangChain, Apify, Replicate; E2B docs',
    finds: ['a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0'],
    leaves: ['r8_optimizer_of_android_builds', 'e2b_template'],
  },
  {
    kind: 'hugging-face-token',
    starts: ['hf_', 'api_org_'],
    rest: /[A-Za-z0-9]{30,}/y,
    alone: true,
    source: 'gitleaks: huggingface-access-token, huggingface-organization-api-token',
    finds: ['AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh'],
    leaves: ['hf_hub_download', 'hf_transfer'],
  },
];
