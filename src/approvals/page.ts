import { createHash } from 'node:crypto';
import type { Alert } from '../alerts/alert.ts';
import type { Approval, Looking, Standing } from '../response/approval.ts';
import { haltOf } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { plannedOf } from '../response/step-identity.ts';
import { LONGEST_NAME } from './form.ts';
import { Html, html } from './html.ts';

/** Rows of one table; an alert may have many more. */
const MOST_ROWS = 10;

const STYLE = [
  'body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}',
  'table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;overflow-wrap:anywhere}',
  'th{white-space:nowrap}button,input{font:inherit;padding:.4rem .8rem;margin:.3rem .6rem .3rem 0}strong{font-size:1.1rem}',
].join('');

const STYLE_SHEET = new Html(`<style>${STYLE}</style>`);

/** No script, no other origin, no frame; a form to ourselves, and our one style sheet. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow, noarchive',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** A page that only says something. */
export const saying = (title: string, text: string): string => pageOf(title, html`<p>${text}</p>`);

/** All that there is to know about what waits. */
export interface Shown {
  readonly approval: Approval;
  readonly standing: Standing;
  readonly steps: readonly OutboxStep[];
  readonly alert: Alert | undefined;
  /** What was wrong with what was posted. */
  readonly problem?: string | undefined;
}

/** The alert, what would be done, how it stands, and, while it waits, the two buttons. */
export function approvalPage(about: Shown, context: Looking): string {
  const { approval, standing, steps, alert, problem } = about;
  return pageOf(
    TITLES[standing],
    html`<p><strong>${standingText(about, context)}</strong></p>
${problem === undefined ? '' : html`<p role="alert"><strong>${problem}</strong></p>`}
<h2>What ${standing === 'waiting' ? 'would be' : 'was to be'} done</h2>
<table>${steps.slice(0, MOST_ROWS).map((step) => stepRows(step, context))}</table>
${moreOf(steps)}
${standing === 'waiting' ? formOf(haltOf(context.state)?.by) : ''}
<h2>Why</h2>
${alert === undefined ? html`<p>Alert ${approval.alert}</p>` : whyOf(alert)}`,
  );
}

const TITLES: Readonly<Record<Standing, string>> = {
  waiting: 'Revoke this?',
  approved: 'Approved',
  done: 'Approved, and done',
  failed: 'Approved, but it failed',
  refused: 'Refused',
  expired: 'Too late',
  superseded: 'No longer so',
};

function standingText({ approval, standing, steps }: Shown, { now }: Looking): Html {
  const ends = iso(approval.expiresAt);
  const [{ decidedBy = '', decidedAt = 0, note = '' } = {}] = steps;
  const decided = html`by <bdi>${decidedBy}</bdi> at ${iso(decidedAt)}`;
  switch (standing) {
    case 'waiting':
      return html`Waits for a person until ${ends} (${minutes(approval.expiresAt - now())} left). Nobody in time means no.`;
    case 'approved':
      return html`Approved ${decided}. It is being done: open the link again to see the proof.`;
    case 'done':
      return html`Approved ${decided}, and done.`;
    case 'failed':
      return html`Approved ${decided}, but not everything got through.`;
    case 'refused':
      return html`Refused ${decided}. Nothing was done.`;
    case 'expired':
      return html`Nothing was done: ${note === '' ? 'nobody approved it in time' : note}. It waited until ${ends}.`;
    case 'superseded':
      return html`What this link was about is not what would be done by now, so it does nothing. A newer notification may have another link.`;
  }
}

/** Enter in the field presses the first button: the one that does no harm. */
const formOf = (haltedBy: string | undefined): Html => html`<form method="post">
<label>Your name, for the record<br><input name="by" required maxlength="${LONGEST_NAME}" autocomplete="name"></label><br>
<button name="decision" value="refuse">Refuse: leave it as it is</button>
${
  haltedBy === undefined
    ? html`<button name="decision" value="approve">Approve: revoke</button>`
    : html`<p>Automatic response was halted by <bdi>${haltedBy}</bdi>: no link approves anything until <code>wayward halt --off</code>.</p>`
}
</form>`;

function stepRows(step: OutboxStep, { plan }: Looking): Html {
  const credential = plan.credentials.get(step.credential);
  const planned = plannedOf(step, plan);
  return html`${row('Agent', step.agent)}
${row('Credential', `${step.credential}${credential === undefined ? '' : ` (${credential.kind}, ${credential.slot})`}`)}
${credential?.owner === undefined ? '' : row('Owner', credential.owner)}
${row('What', step.detail)}
${planned === undefined ? '' : row('Undo', planned.reversible ? planned.undo : 'cannot be undone')}
${row('State', `${step.state === 'planned' ? 'waits' : step.state}${step.note === undefined ? '' : `: ${step.note}`}`)}`;
}

function whyOf(alert: Alert): Html {
  const events = new Set(alert.findings.flatMap(({ evidence }) => evidence)).size;
  const { method, confidence } = alert.attribution;
  return html`<p>${alert.title}</p><p>${alert.reason}</p>
<table>
${row('Severity', `${alert.severity} (risk ${alert.riskScore} of 100)`)}
${row('Principal', alert.principal)}
${row('From', iso(alert.start))}
${row('To', iso(alert.end))}
${row('Evidence', `${events} ${events === 1 ? 'event' : 'events'}, attributed by ${method} with confidence ${confidence}`)}
${alert.related.ip.length === 0 ? '' : row('Addresses', alert.related.ip.slice(0, MOST_ROWS).join(', '))}
${alert.findings.slice(0, MOST_ROWS).map(({ time, title, reason }) => row(iso(time), `${title}: ${reason}`))}
</table>
${moreOf(alert.findings)}
<p>The whole alert: <code>wayward alerts show ${alert.id}</code></p>`;
}

const row = (name: string, value: string): Html => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;

const moreOf = ({ length }: readonly unknown[]): Html =>
  length > MOST_ROWS ? html`<p>And ${length - MOST_ROWS} more.</p>` : html``;

const pageOf = (title: string, body: Html): string =>
  String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>Wayward: ${title}</title>
${STYLE_SHEET}
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`);

const iso = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
const minutes = (time: number): string => `${Math.max(1, Math.ceil(time / 60_000))} min`;
