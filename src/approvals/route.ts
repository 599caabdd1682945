import type { Alert } from '../alerts/alert.ts';
import type { Answer, Route, Visit } from '../ops/http.ts';
import { type Approval, type Looking, lookAt, type Standing } from '../response/approval.ts';
import { approvalIn } from '../response/approval-link.ts';
import type { ApprovalSettings } from '../response/config.ts';
import { haltOf } from '../response/context.ts';
import { type Decided, isForm, isFromOwnPage, readForm } from './form.ts';
import { approvalPage, HEADERS, saying } from './page.ts';

/** Where decisions by link go, and what is known of what they are about. */
export interface ApprovalHandler {
  readonly response: Looking;
  alertOf(id: string): Alert | undefined;
  /** Makes sure of what others wrote before: a link may be quicker than a copy. */
  catchUp(): Promise<void>;
  /** `not`: somebody was quicker, or it is no longer so; `unanswered`: nobody took it yet. */
  decide(approval: Approval, decided: Decided): Promise<'done' | 'not' | 'unanswered'>;
}

/** What can come of a request. */
export const OUTCOMES = [
  'shown',
  'approved',
  'refused',
  'forged',
  'cross-site',
  'unusable',
  'halted',
  'late',
  'decided',
  'unanswered',
] as const;
type Outcome = (typeof OUTCOMES)[number];

interface RouteOptions {
  readonly settings: ApprovalSettings;
  readonly handler: ApprovalHandler;
  /** Told once for each request. */
  readonly count: (outcome: Outcome) => void;
}

/** One request with a link of ours. */
interface Turn extends RouteOptions {
  readonly visit: Visit;
  readonly approval: Approval;
}

type Result = readonly [outcome: Outcome, answer: Answer];

/** Of what is posted, bytes: two short fields. */
const MAX_BODY = 4_096;

/**
 * The page behind a link. GET and HEAD show and change nothing, since chats open links by themselves; a POST of the page's own form
 * decides, once. Whoever has no link of ours learns nothing.
 */
export const approvalRoute =
  (options: RouteOptions): Route =>
  async (visit) => {
    const approval = approvalIn(visit.path, options.settings);
    const [outcome, answer] = approval === undefined ? NOTHING : await answerTo({ ...options, visit, approval });
    options.count(outcome);
    return answer;
  };

const page = (status: number, body: string): Answer => ({
  status,
  type: 'text/html; charset=utf-8',
  body,
  headers: HEADERS,
});

const NOTHING: Result = ['forged', page(404, saying('Nothing here', 'There is nothing behind this link.'))];

async function answerTo(turn: Turn): Promise<Result> {
  if (standingOf(turn) === 'superseded') await turn.handler.catchUp();
  if (turn.visit.method !== 'POST')
    return isLate(standingOf(turn)) ? ['late', shown(turn, 410)] : ['shown', shown(turn, 200)];
  const decided = await readDecision(turn);
  if ('refusal' in decided) return decided.refusal;
  return whyNot(turn, decided) ?? decide(turn, decided);
}

const standingOf = ({ approval, handler }: Turn): Standing => lookAt(approval, handler.response).standing;
const isLate = (standing: Standing): boolean => standing === 'expired' || standing === 'superseded';

function shown({ approval, handler }: Turn, status: number, problem?: string): Answer {
  const { response } = handler;
  const about = { approval, ...lookAt(approval, response), alert: handler.alertOf(approval.alert), problem };
  return page(status, approvalPage(about, response));
}

async function readDecision(turn: Turn): Promise<Decided | { readonly refusal: Result }> {
  const { headers, body } = turn.visit;
  if (!isFromOwnPage(headers, turn.settings.url))
    return {
      refusal: ['cross-site', notDone(403, 'it did not come from this page. Open the link, and press a button there.')],
    };
  if (!isForm(headers)) return { refusal: ['unusable', notDone(415, 'only the form of this page is taken.')] };
  const posted = await body(MAX_BODY);
  if (posted === undefined) return { refusal: ['unusable', notDone(413, 'it was more than a decision and a name.')] };
  const decided = readForm(posted);
  return typeof decided === 'string' ? { refusal: ['unusable', shown(turn, 400, decided)] } : decided;
}

const notDone = (status: number, because: string): Answer =>
  page(status, saying('Not done', `Nothing was changed: ${because}`));

/** Why things as they are let nobody decide so; undefined where they do. */
function whyNot(turn: Turn, { decision }: Decided): Result | undefined {
  const standing = standingOf(turn);
  if (isLate(standing)) return ['late', shown(turn, 410)];
  if (standing !== 'waiting') return ['decided', shown(turn, 409, 'It had been decided before: this changed nothing.')];
  const isHalted = decision === 'approve' && haltOf(turn.handler.response.state) !== undefined;
  return isHalted ? ['halted', shown(turn, 423, 'Not approved: automatic response is halted.')] : undefined;
}

async function decide(turn: Turn, decided: Decided): Promise<Result> {
  const came = await turn.handler.decide(turn.approval, decided);
  if (came === 'done') return [decided.decision === 'approve' ? 'approved' : 'refused', shown(turn, 200)];
  const because = came === 'not' ? whyNot(turn, decided) : undefined;
  return because ?? ['unanswered', shown(turn, 503, UNANSWERED)];
}

const UNANSWERED =
  'No process that responds has taken it yet. It may still do so within a minute: open the link again to see what came of it.';
