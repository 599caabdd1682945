import { type BacktestReport, historyLine, reportDocument, shortNumber } from '../report.ts';
import { type Layout, reportText } from '../text.ts';
import type { CurvePoint } from './curve.ts';
import type { Proposal, Tuning } from './proposal.ts';
import { surpriseOf } from './tail.ts';

export interface TuningReport {
  readonly tuning: Tuning;
  /** What the set as it is does, and where the history could be read twice, what the proposed one does instead. */
  readonly backtest: BacktestReport;
}

export const isChange = ({ now, proposed }: Proposal): boolean => now !== proposed;

export const tuningDocument = ({ tuning, backtest }: TuningReport): Record<string, unknown> => ({
  level: tuning.level ?? null,
  proposals: tuning.proposals.map(proposalDocument),
  curve: tuning.curve,
  backtest: reportDocument(backtest),
});

const proposalDocument = ({ detector, now, proposed, tail, confirmed, benign, because }: Proposal) => ({
  detector,
  now,
  proposed,
  because,
  verdicts: { confirmed, benign },
  calibration: tail === undefined ? null : { ...tail, at_medium: measuredAtMedium({ now, tail }) ?? null },
});

const measuredAtMedium = ({ now, tail }: Pick<Proposal, 'now' | 'tail'>): number | undefined =>
  tail === undefined || now.medium === undefined ? undefined : surpriseOf(tail, now.medium);

/** The proposal for people. */
export function tuningText({ tuning, backtest }: TuningReport, layout: Layout): string {
  const { proposals, curve, level } = tuning;
  const { history, budget } = backtest;
  const accepted = (budget * history.principalDays) / 1_000;
  const tooShort = `The budget accepts ${shortNumber(accepted)} false alerts on this history: it is too short to propose by it (${Math.ceil(1_000 / budget).toLocaleString('en-US')} principal-days and more). Verdicts still count.`;
  const rows = proposals.map((proposal) => [
    proposal.detector,
    `${proposal.now.medium ?? '-'}`,
    isChange(proposal) ? `${proposal.proposed.medium}` : 'as it is',
    shownMeasure(proposal),
    `${proposal.confirmed} confirmed, ${proposal.benign} benign`,
    proposal.because,
  ]);
  return [
    layout.heading('Tuning'),
    layout.line(historyLine(history)),
    ...(level === undefined ? [layout.line(tooShort)] : []),
    layout.table(['DETECTOR', 'MEDIUM AT', 'PROPOSED', 'IS REACHED ON', 'VERDICTS', 'BECAUSE OF'], rows),
    layout.heading('Trade-off'),
    layout.line(
      'Incidents per 1,000 principal-days that nobody confirmed, by the measured surprise from which on they are medium. What is not even low today is not in it.',
    ),
    layout.table(['BITS', 'PER 1,000', 'CONFIRMED', ''], curveRows(curve, budget)),
    reportText(backtest, layout),
  ].join('');
}

const shownMeasure = (proposal: Proposal): string => {
  const measured = measuredAtMedium(proposal);
  return measured === undefined ? 'no score' : `1 in ${shortNumber(2 ** measured)} principal-days`;
};

const MOST_BLOCKS = 40;

function curveRows(curve: readonly CurvePoint[], budget: number): string[][] {
  const most = Math.max(budget, ...curve.map(({ rate }) => rate));
  return curve.map(({ surprise, rate, confirmed }) => [
    String(surprise),
    shortNumber(rate),
    String(confirmed),
    `${'█'.repeat(Math.round((rate / most) * MOST_BLOCKS))}${rate <= budget ? ' within the budget' : ''}`,
  ]);
}

/** The file that changes one detector so. */
export const overlayText = ({ detector, proposed, confirmed, benign }: Proposal, { history, budget }: BacktestReport) =>
  `# Written by wayward tune: ${historyLine(history)}
# Budget ${budget} per 1,000 principal-days; verdicts: ${confirmed} confirmed, ${benign} benign.
extends: ${detector}
severity: { ${Object.entries(proposed)
    .map(([severity, bits]) => `${severity}: ${bits}`)
    .join(', ')} }
`;
