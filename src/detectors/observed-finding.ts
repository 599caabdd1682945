import type { Credential } from '../attribution/credential.ts';
import type { Found } from './engine.ts';
import type { Finding } from './finding.ts';

/** What a detector of the stage `observe` found: worth showing beside alerts, and part of none. */
export interface ObservedFinding {
  readonly kind: 'finding';
  readonly principal: string;
  /** Undefined where nobody registered it. */
  readonly credential: Credential | undefined;
  readonly action: string;
  readonly sourceIp: string | undefined;
  readonly finding: Finding;
}

export const observedOf = ({ finding, principal, at: { use, attribution } }: Found): ObservedFinding => ({
  kind: 'finding',
  principal,
  credential: attribution.credential,
  action: use.action,
  sourceIp: use.sourceIp,
  finding,
});
