import { bars, list, metric, table, timeSeries } from './charts.ts';
import { count, distinct, last, max, newest, top } from './columns.ts';
import type { Dashboard } from './dashboard.ts';
import { ALERTS, NOTICES, RESPONSE } from './data-views.ts';
import { NO_VERDICT, RUNNING } from './incident-terms.ts';
import { REVOKED } from './response-terms.ts';
import { NEEDS_A_LOOK } from './searches.ts';
import { SEVERE, SEVERITY_COLORS, SEVERITY_COUNTS } from './severities.ts';

export const OVERVIEW: Dashboard = {
  title: 'Overview',
  description: 'Which agents went astray, how badly, and what was already done about it.',
  past: '7d',
  controls: [
    { title: 'Agent', view: ALERTS, field: 'gen_ai.agent.id' },
    { title: 'Peer group', view: ALERTS, field: 'wayward.peer_group' },
  ],
  rows: [
    {
      height: 6,
      panels: [
        metric({ title: 'Need a look', view: ALERTS, where: NO_VERDICT, value: count('without a verdict') }),
        metric({
          title: 'Severe ones of these',
          view: ALERTS,
          where: `${NO_VERDICT} and ${SEVERE}`,
          value: count('high or critical'),
        }),
        metric({ title: 'Running now', view: ALERTS, where: RUNNING, value: count('running') }),
        metric({
          title: 'Credentials revoked',
          view: RESPONSE,
          where: REVOKED,
          value: distinct('wayward.credential.id', 'revoked'),
        }),
      ],
    },
    {
      height: 12,
      panels: [
        timeSeries({
          title: 'Alerts by severity',
          view: ALERTS,
          as: 'bar_stacked',
          series: SEVERITY_COUNTS,
          colors: SEVERITY_COLORS,
          width: 32,
        }),
        bars({
          title: 'Alerts by detector',
          view: ALERTS,
          group: top('rule.name', 'Detector', { size: 10, by: 'value' }),
          value: count('Alerts'),
        }),
      ],
    },
    { height: 16, panels: [list(NEEDS_A_LOOK, 'Needs a look, newest first')] },
    {
      height: 12,
      panels: [
        table({
          title: 'Agents with the most alerts',
          view: ALERTS,
          groups: { agent: top('gen_ai.agent.id', 'Agent', { size: 20, by: 'alerts' }) },
          values: {
            alerts: count('Alerts'),
            open: count('Need a look', { where: NO_VERDICT }),
            risk: max('event.risk_score', 'Highest risk'),
            newest: newest('Newest'),
          },
          sort: 'alerts',
        }),
        table({
          title: 'What was revoked',
          view: RESPONSE,
          where: REVOKED,
          groups: { credential: top('wayward.credential.id', 'Credential', { size: 20, by: 'steps' }) },
          values: {
            agent: last('gen_ai.agent.id', 'Agent'),
            what: last('wayward.response.detail', 'What was done'),
            by: last('wayward.response.decided_by', 'Decided by'),
            newest: newest('When'),
            steps: count('Steps'),
          },
          sort: 'newest',
        }),
      ],
    },
    {
      height: 10,
      panels: [
        timeSeries({
          title: 'Calls to the SOC by severity reached',
          view: NOTICES,
          as: 'bar_stacked',
          series: SEVERITY_COUNTS,
          colors: SEVERITY_COLORS,
        }),
      ],
    },
  ],
};
