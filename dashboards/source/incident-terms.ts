/** KQL: nobody has said yet what it was. What was written before there were verdicts has none. */
export const NO_VERDICT = 'not wayward.verdict.value: ("confirmed" or "benign")';

/** KQL: something was found within the last two hours, as the logs tell the time. Earlier versions called that open. */
export const RUNNING =
  '(wayward.incident.state: "running" or (not wayward.incident.state: * and wayward.status: "open"))';
