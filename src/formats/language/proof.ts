import { z } from 'zod';
import type { Identity, Proof, Result } from '../../event.ts';
import { PROOF } from '../../proof.ts';
import { httpProof, type IdentitySource } from '../http.ts';
import type { JsonObject } from '../json.ts';
import { condition, conditionSchema } from './condition.ts';
import type { Note } from './note.ts';
import { value, valueSchema } from './value.ts';
import { matcher, scalarSchema } from './values.ts';

const PROOF_OF = {
  verified: PROOF.field,
  declared: PROOF.undeclared,
  unproven: PROOF.request,
  rejected: PROOF.failed,
} as const;

/**
 * What shows that authentication passed:
 * - `verified`: the server writes identities only after it has checked them;
 * - `source`: what `identity:` of the source says; without it the names stand in the request, and are unproven;
 * - a field and its values that say so, without which the record is unproven;
 * - rules of which the first that holds counts; where none does, the record is unproven.
 * Without it, identities are declared: they alert, and never act.
 */
export const proofSchema = z.union([
  z.enum(['verified', 'source']),
  z.strictObject({ field: valueSchema, verified: z.array(scalarSchema).min(1).max(64) }),
  z
    .array(
      z.strictObject({
        is: z.enum(['verified', 'declared', 'unproven', 'rejected']),
        when: conditionSchema.optional(),
      }),
    )
    .min(1)
    .max(16),
]);
export type ProofSpec = z.infer<typeof proofSchema>;

export interface ProofFacts {
  readonly record: JsonObject;
  readonly outcome: Result;
  readonly status: number | undefined;
  readonly identities: readonly Identity[];
  /** What the operator says of the source. */
  readonly identity: IdentitySource | undefined;
}

export type ProofReader = (facts: ProofFacts, note?: Note) => Proof;

type Said = (facts: ProofFacts) => readonly [Proof, string];

const byField = (spec: {
  field: z.infer<typeof valueSchema>;
  verified: readonly z.infer<typeof scalarSchema>[];
}): Said => {
  const where = value(spec.field);
  const fits = matcher(spec.verified);
  return ({ record }) => [fits(where.raw(record)) ? PROOF.field : PROOF.request, where.named];
};

const byRules = (spec: Extract<ProofSpec, readonly unknown[]>): Said => {
  const rules = spec.map(({ is, when }, at) => [condition(when), PROOF_OF[is], `rule ${at + 1} (is: ${is})`] as const);
  return ({ record }) => {
    const rule = rules.find(([when]) => when(record));
    return rule === undefined ? [PROOF.request, 'no rule holds'] : [rule[1], rule[2]];
  };
};

/** A certificate's subject is the client's word until it was verified. */
const undeclared: Said = ({ identity, status, identities }) => {
  if (identity !== undefined) return [httpProof(status ?? 0, identity, PROOF.undeclared), 'identity: of the source'];
  const onlySubjects = identities.every(({ key }) => key === 'mtls_subject');
  return [onlySubjects ? PROOF.request : PROOF.undeclared, 'no proof: in the format'];
};

const bySource: Said = ({ identity, status }) => [
  httpProof(status ?? 0, identity, PROOF.request),
  identity === undefined ? 'no identity: of the source' : 'identity: of the source',
];

const saidBy = (spec: ProofSpec | undefined): Said => {
  if (spec === undefined) return undeclared;
  if (spec === 'verified') return () => [PROOF.format, 'proof: verified'];
  if (spec === 'source') return bySource;
  return 'field' in spec ? byField(spec) : byRules(spec);
};

/** What the format says counts before what the source says. */
export const proofReader = (spec: ProofSpec | undefined): ProofReader => {
  const said = saidBy(spec);
  return (facts, note) => {
    const [proof, rule] =
      facts.outcome === 'rejected' ? ([PROOF.failed, 'the result is rejected'] as const) : said(facts);
    note?.('proof', rule);
    return proof;
  };
};
