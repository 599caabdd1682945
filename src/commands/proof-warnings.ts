import type { LaneCounts } from '../pipeline/counts.ts';
import { PROOF } from '../proof.ts';

const number = (count: number): string => count.toLocaleString('en-US');

/** What to write where a source's identities are not proven: a sentence for each reason. `identity` as it is written there. */
export function proofWarnings({ proofs }: LaneCounts, identity: (how: string) => string): string[] {
  const of = (by: string): number => proofs[by] ?? 0;
  const warnings: string[] = [];
  const request = of(PROOF.request.by);
  if (request > 0) {
    warnings.push(
      `${number(request)} records name a user that nothing proves, so they count against no agent. If the server logs a name only ` +
        `once it was authenticated, write ${identity('authenticated')}; for a format of your own, proof: says what shows it`,
    );
  }
  const undeclared = of(PROOF.undeclared.by);
  if (undeclared > 0) {
    warnings.push(
      `${number(undeclared)} records name an identity as it is configured, and nothing proves it, so alerts on them never act by ` +
        `themselves. If it is looked up by the key that was checked, write ${identity('from-key-map')}; for a format of your own, proof: says what shows it`,
    );
  }
  const prefix = of(PROOF.stderrPrefix.by);
  if (prefix > 0) {
    warnings.push(
      `${number(prefix)} records are of PostgreSQL's stderr log, into which clients can write, so alerts on them never act by ` +
        "themselves; use log_destination = 'jsonlog' or 'csvlog'",
    );
  }
  const session = of(PROOF.unknownSession.by);
  if (session > 0) {
    warnings.push(
      `${number(session)} records bear a session that PostgreSQL has not said to be authorized, so they count against no agent: ` +
        "somebody may have forged them; use log_destination = 'jsonlog' or 'csvlog'",
    );
  }
  return warnings;
}
