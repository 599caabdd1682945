import { donut, list, metric, table, timeSeries } from './charts.ts';
import { cases, count, distinct, last, newest, ONE_DECIMAL, percentile, top } from './columns.ts';
import type { Dashboard } from './dashboard.ts';
import { RESPONSE } from './data-views.ts';
import { DRILL, DRILL_HELD, DRY_RUN, FAILED, REVOKED } from './response-terms.ts';
import { NOT_DONE_RESPONSES } from './searches.ts';

const SECONDS = { format: ONE_DECIMAL };
const TOTAL = 'wayward.response.seconds_total';

export const RESPONSE_DASHBOARD: Dashboard = {
  title: 'Response',
  description: 'What was planned, who had to say yes, how fast a credential was dead, and what did not work.',
  past: '30d',
  controls: [
    { title: 'Agent', view: RESPONSE, field: 'gen_ai.agent.id' },
    { title: 'Revoker', view: RESPONSE, field: 'wayward.response.revoker' },
  ],
  rows: [
    {
      height: 6,
      panels: [
        metric({
          title: 'Revoked',
          view: RESPONSE,
          where: REVOKED,
          value: distinct('wayward.credential.id', 'credentials'),
        }),
        metric({
          title: '50 % dead within',
          view: RESPONSE,
          where: REVOKED,
          value: percentile(TOTAL, 50, 'seconds', SECONDS),
        }),
        metric({
          title: '99 % dead within',
          view: RESPONSE,
          where: REVOKED,
          value: percentile(TOTAL, 99, 'seconds', SECONDS),
        }),
        metric({ title: 'Failed', view: RESPONSE, where: FAILED, value: count('steps'), color: '#e7664c' }),
        metric({ title: 'Drills', view: RESPONSE, where: DRILL_HELD, value: count('drills') }),
        metric({ title: 'Dry runs', view: RESPONSE, where: DRY_RUN, value: count('plans') }),
      ],
    },
    {
      height: 12,
      panels: [
        timeSeries({
          title: 'Time to revoke',
          view: RESPONSE,
          where: REVOKED,
          as: 'line',
          series: {
            p50: percentile(TOTAL, 50, 'p50, seconds', SECONDS),
            p99: percentile(TOTAL, 99, 'p99, seconds', SECONDS),
          },
        }),
        timeSeries({
          title: 'Where the time goes',
          view: RESPONSE,
          where: REVOKED,
          as: 'bar_stacked',
          series: {
            detect: percentile('wayward.response.seconds_to_detect', 50, 'Detect', SECONDS),
            decide: percentile('wayward.response.seconds_to_decide', 50, 'Decide', SECONDS),
            call: percentile('wayward.response.seconds_to_call', 50, 'Call', SECONDS),
            verify: percentile('wayward.response.seconds_to_verify', 50, 'Verify', SECONDS),
          },
        }),
      ],
    },
    {
      height: 14,
      panels: [
        table({
          title: 'Plans, and where each stands',
          view: RESPONSE,
          where: 'wayward.alert.id: * and wayward.credential.id: *',
          groups: {
            credential: top('wayward.credential.id', 'Credential', { size: 50, by: 'entries' }),
            alert: top('wayward.alert.id', 'Alert', { size: 5, by: 'entries' }),
          },
          values: {
            entries: count('Entries'),
            state: last('wayward.response.state', 'State'),
            mode: last('wayward.response.mode', 'Mode'),
            what: last('wayward.response.detail', 'What'),
            newest: newest('Newest entry'),
          },
          sort: 'newest',
          width: 30,
        }),
        table({
          title: 'Approvals: waiting and given',
          view: RESPONSE,
          where: 'wayward.response.mode: "approve"',
          groups: { credential: top('wayward.credential.id', 'Credential', { size: 50, by: 'entries' }) },
          values: {
            entries: count('Entries'),
            state: last('wayward.response.state', 'State'),
            by: last('wayward.response.decided_by', 'Decided by'),
          },
        }),
      ],
    },
    {
      height: 12,
      panels: [
        donut({
          title: 'For real, as a drill, or dry',
          view: RESPONSE,
          slices: cases('How', {
            'For real': `not ${DRY_RUN} and not ${DRILL}`,
            Drill: DRILL,
            'Dry run': DRY_RUN,
          }),
          value: count('Entries'),
        }),
        table({
          title: 'By revoker',
          view: RESPONSE,
          groups: { revoker: top('wayward.response.revoker', 'Revoker', { size: 20, by: 'entries' }) },
          values: {
            entries: count('Entries'),
            revoked: count('Revoked', { where: REVOKED }),
            failed: count('Failed', { where: FAILED }),
            p99: percentile(TOTAL, 99, 'p99, seconds', SECONDS),
          },
          sort: 'entries',
          width: 32,
        }),
      ],
    },
    { height: 14, panels: [list(NOT_DONE_RESPONSES, 'Not done, and why')] },
  ],
};
