/** KQL over what response did, in the words of its audit trail. */

const REVOKE = 'wayward.response.action: "revoke"';

/** Done for real, with the issuer's own word for it, or called where nobody can be asked. */
export const REVOKED = `${REVOKE} and wayward.response.state: ("verified" or "called") and not wayward.response.dry_run: true`;

/** Ended without having been done. */
export const FAILED = 'event.outcome: "failure"';

export const DRILL = 'wayward.response.drill: true';
export const DRY_RUN = 'wayward.response.dry_run: true';
