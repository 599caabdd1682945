import { heatmap, list, metric, table, timeSeries } from './charts.ts';
import { BYTES, count, last, newest, sum, top } from './columns.ts';
import type { Dashboard } from './dashboard.ts';
import { ACTIVITY, ALERTS, INVENTORY } from './data-views.ts';
import { ALL_ALERTS, FIRST_SEEN, RESPONSES } from './searches.ts';

const HOURLY = 'event.kind: "metric"';

export const CREDENTIAL: Dashboard = {
  title: 'Credential',
  description:
    'One credential from the beginning: what it normally does, what it did, and what came of it. Choose an agent first.',
  past: '30d',
  controls: [
    { title: 'Agent', view: ACTIVITY, field: 'gen_ai.agent.id' },
    { title: 'Principal', view: ACTIVITY, field: 'wayward.principal' },
  ],
  rows: [
    {
      height: 6,
      panels: [
        metric({
          title: 'Requests',
          view: ACTIVITY,
          where: HOURLY,
          value: sum('wayward.activity.requests', 'requests'),
        }),
        metric({ title: 'Denied', view: ACTIVITY, where: HOURLY, value: sum('wayward.activity.denied', 'denied') }),
        metric({
          title: 'Data',
          view: ACTIVITY,
          where: HOURLY,
          value: sum('wayward.activity.bytes', 'bytes', { format: BYTES }),
        }),
        metric({ title: 'Alerts', view: ALERTS, value: count('alerts') }),
      ],
    },
    {
      height: 14,
      panels: [
        timeSeries({
          title: 'Requests and the band they are expected in',
          view: ACTIVITY,
          where: HOURLY,
          as: 'line',
          series: {
            requests: sum('wayward.activity.requests', 'Requests'),
            low: sum('wayward.activity.expected_low', 'Expected, low'),
            high: sum('wayward.activity.expected_high', 'Expected, high'),
          },
          colors: { requests: '#6092c0', low: '#b9c4d0', high: '#b9c4d0' },
        }),
      ],
    },
    {
      height: 12,
      panels: [
        heatmap({
          title: 'Hours and weekdays',
          view: ACTIVITY,
          where: HOURLY,
          x: top('wayward.activity.hour_of_day', 'Hour', { size: 24 }),
          y: top('wayward.activity.weekday', 'Weekday', { size: 7 }),
          value: sum('wayward.activity.requests', 'Requests'),
        }),
        timeSeries({
          title: 'Denied and failed',
          view: ACTIVITY,
          where: HOURLY,
          as: 'bar_stacked',
          series: {
            denied: sum('wayward.activity.denied', 'Denied'),
            errors: sum('wayward.activity.errors', 'Errors'),
          },
          colors: { denied: '#e7664c', errors: '#d6bf57' },
        }),
      ],
    },
    {
      height: 14,
      panels: [
        list(FIRST_SEEN, 'Actions, networks and clients seen for the first time', 28),
        table({
          title: 'Sources: networks and clients',
          view: ACTIVITY,
          where: 'event.action: "first-seen" and wayward.first_seen.kind: ("network" or "client")',
          groups: { source: top('wayward.first_seen.value', 'Network or client', { size: 20, by: 'times' }) },
          values: {
            kind: last('wayward.first_seen.kind', 'Kind'),
            address: last('source.ip', 'Address', 'ip'),
            newest: newest('First seen'),
            times: count('Principals'),
          },
          sort: 'newest',
        }),
      ],
    },
    { height: 14, panels: [list(ALL_ALERTS, 'Its alerts')] },
    {
      height: 12,
      panels: [
        list(RESPONSES, 'What was done', 28),
        table({
          title: 'Credentials it holds',
          view: INVENTORY,
          groups: { credential: top('wayward.credential.id', 'Credential', { size: 20 }) },
          values: {
            kind: last('wayward.credential.kind', 'Kind'),
            owner: last('wayward.credential.owner', 'Owner'),
            used: last('wayward.credential.last_used_at', 'Last used', 'date'),
          },
        }),
      ],
    },
  ],
};
