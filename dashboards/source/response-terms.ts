/** KQL over what response did; `wayward.response.state` is what became of a step. */

export const DRILL = 'wayward.response.drill: true';
/** A drill as a whole: one document each. */
export const DRILL_HELD = 'wayward.response.action: "drill"';
export const DRY_RUN = 'wayward.response.dry_run: true';

/** Dead by the issuer's own word, or called where nobody can be asked; no drill. */
export const REVOKED = `wayward.response.action: "revoke" and wayward.response.state: ("verified" or "called") and not ${DRILL}`;

export const FAILED = 'event.outcome: "failure"';

/** Ended without having been done. */
export const NOT_DONE = 'wayward.response.state: ("failed" or "expired" or "refused")';
