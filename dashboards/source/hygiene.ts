import { bars, donut, list, metric, table, timeSeries } from './charts.ts';
import { distinct, last, max, top } from './columns.ts';
import type { Dashboard } from './dashboard.ts';
import { INVENTORY } from './data-views.ts';
import { CREDENTIALS } from './searches.ts';

const ID = 'wayward.credential.id';
const OVERDUE = 'wayward.credential.rotation_overdue: true';
const EXPIRED = 'wayward.credential.expired: true';
const SHARED = 'wayward.credential.shared: true';
const EXPIRING = 'wayward.credential.expires_at >= now and wayward.credential.expires_at < now+14d';
const WIDE = 'wayward.credential.scopes_unused: *';
const UNUSED = 'not wayward.credential.last_used_at: *';

/** The registry is written once a day, so a day back holds each credential once. */
const credentials = (label: string) => distinct(ID, label);
const credential = top(ID, 'Credential', { size: 100 });
const agent = last('gen_ai.agent.id', 'Agent');
const owner = last('wayward.credential.owner', 'Owner');

export const HYGIENE: Dashboard = {
  title: 'Hygiene',
  description:
    'Credentials that invite trouble: old, expired, shared, too wide, or forgotten. Shows the last day; the trend a month.',
  past: '25h',
  controls: [
    { title: 'Owner', view: INVENTORY, field: 'wayward.credential.owner' },
    { title: 'Kind', view: INVENTORY, field: 'wayward.credential.kind' },
  ],
  rows: [
    {
      height: 6,
      panels: [
        metric({ title: 'Credentials', view: INVENTORY, value: credentials('in the registry') }),
        metric({
          title: 'Rotation overdue',
          view: INVENTORY,
          where: OVERDUE,
          value: credentials('overdue'),
          color: '#da8b45',
        }),
        metric({ title: 'Expired', view: INVENTORY, where: EXPIRED, value: credentials('expired'), color: '#e7664c' }),
        metric({ title: 'Expire within 14 days', view: INVENTORY, where: EXPIRING, value: credentials('soon') }),
        metric({ title: 'Shared', view: INVENTORY, where: SHARED, value: credentials('used side by side') }),
        metric({ title: 'Never used', view: INVENTORY, where: UNUSED, value: credentials('since Wayward looks') }),
      ],
    },
    {
      height: 12,
      panels: [
        table({
          title: 'Overdue for rotation',
          view: INVENTORY,
          where: OVERDUE,
          groups: { credential: top(ID, 'Credential', { size: 100, by: 'age' }) },
          values: {
            agent,
            owner,
            due: last('wayward.credential.rotation_due_at', 'Was due', 'date'),
            age: max('wayward.credential.age_days', 'Age, days'),
          },
          sort: 'age',
          width: 30,
        }),
        bars({
          title: 'Overdue by owner',
          view: INVENTORY,
          where: OVERDUE,
          group: top('wayward.credential.owner', 'Owner', { size: 10, by: 'value' }),
          value: credentials('Credentials'),
        }),
      ],
    },
    {
      height: 12,
      panels: [
        table({
          title: 'Scopes that were never used',
          view: INVENTORY,
          where: WIDE,
          groups: { credential },
          values: {
            agent,
            unused: last('wayward.credential.scopes_unused', 'Unused', 'string', true),
            scopes: last('wayward.credential.scopes', 'Declared', 'string', true),
          },
          width: 30,
        }),
        bars({
          title: 'Unused scopes, most common first',
          view: INVENTORY,
          where: WIDE,
          group: top('wayward.credential.scopes_unused', 'Scope', { size: 15, by: 'value' }),
          value: credentials('Credentials'),
        }),
      ],
    },
    {
      height: 12,
      panels: [
        table({
          title: 'Expired, and when last used',
          view: INVENTORY,
          where: EXPIRED,
          groups: { credential },
          values: {
            agent,
            expired: last('wayward.credential.expires_at', 'Expired', 'date'),
            used: last('wayward.credential.last_used_at', 'Last used', 'date'),
          },
        }),
        table({
          title: 'Expiring soon',
          view: INVENTORY,
          where: EXPIRING,
          groups: { credential },
          values: { agent, owner, expires: last('wayward.credential.expires_at', 'Expires', 'date') },
        }),
      ],
    },
    {
      height: 12,
      panels: [
        table({
          title: 'Shared credentials',
          view: INVENTORY,
          where: SHARED,
          groups: { credential },
          values: { agent, owner },
        }),
        donut({
          title: 'Kinds',
          view: INVENTORY,
          slices: top('wayward.credential.kind', 'Kind', { size: 10, by: 'value' }),
          value: credentials('Credentials'),
          width: 12,
        }),
        timeSeries({
          title: 'Trend over a month',
          view: INVENTORY,
          past: '30d',
          as: 'line',
          series: {
            overdue: distinct(ID, 'Overdue', { where: OVERDUE }),
            expired: distinct(ID, 'Expired', { where: EXPIRED }),
            shared: distinct(ID, 'Shared', { where: SHARED }),
          },
        }),
      ],
    },
    { height: 14, panels: [list(CREDENTIALS, 'Every credential')] },
  ],
};
