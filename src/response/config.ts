import { z } from 'zod';
import { MAX_PATTERN } from '../attribution/glob.ts';
import { durationSchema } from '../config/duration.ts';
import { secretSchema } from '../config/secrets.ts';
import { SEVERITIES } from '../detectors/finding.ts';
import { httpUrl, isLoopback, problemOfWebhook } from '../http-url.ts';

/** How far response goes, least first: nothing; say what it would do; ask a person; act. */
export const MODES = ['off', 'dry-run', 'approve', 'auto'] as const;
export type Mode = (typeof MODES)[number];

const MINUTE = 60_000;

const ruleSchema = z.strictObject({
  /** Any detector where absent. */
  detector: z.string().min(1).optional(),
  /** Id of the credential, or a glob of ids; any where absent. */
  credential: z.string().min(1).max(MAX_PATTERN).optional(),
  /** This one or worse. */
  severity: z.enum(SEVERITIES),
  mode: z.enum(MODES),
});

/** Whoever sees a link may approve by it, so nobody on the way may see it. */
function problemOfBase(written: string): string | undefined {
  const url = /^https?:\/\//.test(written) ? URL.parse(written) : null;
  if (url === null) return 'is not the address of a website';
  if (/[?#@]/.test(written)) return 'must have no user, query or fragment';
  return url.protocol === 'https:' || isLoopback(written)
    ? undefined
    : 'must be https, since whoever sees a link may approve';
}

const approvalsSchema = z.strictObject({
  /** Where people reach `http:` of a Wayward, without `/approve`. */
  url: z.string().superRefine((written, context) => {
    const problem = problemOfBase(written);
    if (problem !== undefined) context.addIssue(`${problem}; write url: https://wayward.example.com`);
  }),
  /** Signs the links; the same in all processes. */
  key: secretSchema,
});
export type ApprovalSettings = z.infer<typeof approvalsSchema>;

const limitsSchema = z.strictObject({
  /** Credentials that may be revoked automatically per window. */
  credentials: z.int().min(1).default(5),
  window: durationSchema.default(60 * MINUTE),
  /** Share of a peer group's agents per window; one agent is always within it. */
  peer_group_percent: z.number().min(0).max(100).default(34),
});

/** `response:` in wayward.yaml. All durations in milliseconds. */
export const responseSchema = z.strictObject({
  /** For alerts of high severity or worse that no rule speaks about; lower ones need a rule. */
  mode: z.enum(MODES).default('dry-run'),
  rules: z.array(ruleSchema).default([]),
  limits: limitsSchema.prefault({}),
  /** An alert that is attributed less surely never acts on its own. */
  min_confidence: z.number().min(0).max(1).default(0.8),
  approval_timeout: durationSchema.default(15 * MINUTE),
  /** By the wall clock: an older alert never acts on its own. */
  max_alert_age: durationSchema.default(15 * MINUTE),
  /** Evidence this much later than a step was made means that misuse goes on: the next step of the credential follows. */
  escalate_after: durationSchema.default(10_000),
  /** So long after a credential was revoked or restored, a person is asked before it is revoked anew; a next step needs none. */
  cool_down: durationSchema.default(60 * MINUTE),
  /** Credential ids that are never revoked, beside those with `protected: true` in the registry. */
  protected: z.array(z.string()).default([]),
  /** Told of every alert of high severity or worse; in a storm, of so many a minute, the others later. */
  webhook: z
    .strictObject({
      url: httpUrl(),
      secret: secretSchema,
      per_minute: z.int().min(1).default(60),
      /** Without it, only https and this machine. */
      allow_http: z.boolean().default(false),
    })
    .superRefine(({ url, allow_http }, context) => {
      const problem = problemOfWebhook(url, allow_http);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: problem });
    })
    .optional(),
  /** Links in notifications, to a page where a person approves or refuses; none where absent. */
  approvals: approvalsSchema.optional(),
  /** Where the audit trail's head is written, beside the store: best a place that this machine can only append to. */
  audit_head: z.string().min(1).optional(),
});

export type ResponseConfig = z.infer<typeof responseSchema>;
