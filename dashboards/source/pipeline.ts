import { bars, metric, table, timeSeries } from './charts.ts';
import { BYTES, count, last, max, newest, ONE_DECIMAL, sum, top } from './columns.ts';
import type { Dashboard } from './dashboard.ts';
import { HEALTH } from './data-views.ts';

const VALUE = 'wayward.health.value';
const NODE = 'service.node.name';
const of = (measure: string) => `wayward.health.metric: "${measure}"`;

export const PIPELINE: Dashboard = {
  title: 'Pipeline',
  description: 'Whether Wayward itself keeps up, and everything that it did not judge, with the reason.',
  past: '24h',
  controls: [{ title: 'Process', view: HEALTH, field: NODE }],
  rows: [
    {
      height: 6,
      panels: [
        metric({ title: 'Highest lag', view: HEALTH, where: of('lag'), value: max(VALUE, 'records behind') }),
        metric({
          title: 'Dead letters',
          view: HEALTH,
          where: of('dead_letters'),
          value: sum(VALUE, 'records'),
          color: '#e7664c',
        }),
        metric({ title: 'Held back', view: HEALTH, where: of('held_back'), value: max(VALUE, 'alerts waiting') }),
        metric({
          title: 'Stale configuration',
          view: HEALTH,
          where: of('config_stale'),
          value: max(VALUE, '1: files differ from what runs'),
        }),
        metric({ title: 'Response breaker', view: HEALTH, where: of('breaker_open'), value: max(VALUE, '1: open') }),
        metric({
          title: 'Longest restore',
          view: HEALTH,
          where: of('restore_seconds'),
          value: max(VALUE, 'seconds', { format: ONE_DECIMAL }),
        }),
      ],
    },
    {
      height: 12,
      panels: [
        timeSeries({
          title: 'Lag by topic',
          view: HEALTH,
          where: of('lag'),
          as: 'line',
          split: top('wayward.health.topic', 'Topic', { size: 12, by: 'lag' }),
          series: { lag: max(VALUE, 'Records behind, worst partition') },
        }),
        timeSeries({
          title: 'Records, events and alerts',
          view: HEALTH,
          as: 'line',
          series: {
            records: sum(VALUE, 'Records', { where: of('records') }),
            events: sum(VALUE, 'Events', { where: of('events') }),
            alerts: sum(VALUE, 'Alerts', { where: of('alerts') }),
          },
        }),
      ],
    },
    {
      height: 12,
      panels: [
        bars({
          title: 'Dead letters by reason',
          view: HEALTH,
          where: of('dead_letters'),
          group: top('wayward.health.reason', 'Reason', { size: 15, by: 'value' }),
          value: sum(VALUE, 'Records'),
        }),
        bars({
          title: 'Ignored by reason',
          view: HEALTH,
          where: of('ignored'),
          group: top('wayward.health.reason', 'Reason', { size: 15, by: 'value' }),
          value: sum(VALUE, 'Records'),
        }),
        bars({
          title: 'Suppressed by reason',
          view: HEALTH,
          where: of('suppressed'),
          group: top('wayward.health.reason', 'Reason', { size: 15, by: 'value' }),
          value: sum(VALUE, 'Findings'),
        }),
      ],
    },
    {
      height: 12,
      panels: [
        timeSeries({
          title: 'Delay of the watermark',
          view: HEALTH,
          where: of('watermark_delay_seconds'),
          as: 'line',
          split: top(NODE, 'Process', { size: 12, by: 'delay' }),
          series: { delay: max(VALUE, 'Seconds', { format: ONE_DECIMAL }) },
        }),
        timeSeries({
          title: 'Alerts held back',
          view: HEALTH,
          where: of('held_back'),
          as: 'line',
          series: { held: max(VALUE, 'Alerts') },
        }),
      ],
    },
    {
      height: 12,
      panels: [
        table({
          title: 'Processes',
          view: HEALTH,
          groups: { process: top(NODE, 'Process', { size: 50, by: 'documents' }) },
          values: {
            version: last('service.version', 'Version'),
            stale: max(VALUE, 'Configuration stale', { where: of('config_stale') }),
            restore: max(VALUE, 'Restore, seconds', { where: of('restore_seconds'), format: ONE_DECIMAL }),
            newest: newest('Last heard of'),
            documents: count('Measurements'),
          },
          sort: 'newest',
        }),
        timeSeries({
          title: 'State by process',
          view: HEALTH,
          where: of('state_bytes'),
          as: 'line',
          split: top(NODE, 'Process', { size: 12, by: 'bytes' }),
          series: { bytes: max(VALUE, 'Bytes', { format: BYTES }) },
          width: 12,
        }),
        timeSeries({
          title: 'Principals watched',
          view: HEALTH,
          where: of('principals'),
          as: 'line',
          split: top(NODE, 'Process', { size: 12, by: 'principals' }),
          series: { principals: max(VALUE, 'Principals') },
          width: 12,
        }),
      ],
    },
  ],
};
