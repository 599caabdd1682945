import { type Column, overTime } from './columns.ts';
import type { Chart, Columns, LensPanel, ListPanel } from './panel.ts';
import type { SavedSearch } from './saved-search.ts';

const chart = (
  what: Chart,
  type: LensPanel['type'],
  columns: Columns,
  visualization: Readonly<Record<string, unknown>>,
): LensPanel => ({
  ...what,
  kind: 'lens',
  type,
  columns,
  visualization: (layerId) => ({ layerId, layerType: 'data', ...visualization }),
});

interface TimeSeries extends Chart {
  readonly as: 'line' | 'bar_stacked';
  readonly series: Columns;
  /** One line for each of its values. */
  readonly split?: Column;
  /** `#rrggbb` by series. */
  readonly colors?: Readonly<Record<string, string>>;
}

/** Metrics over time. */
export function timeSeries({ as, series, split, colors = {}, ...what }: TimeSeries): LensPanel {
  const columns = { ...(split === undefined ? {} : { split }), time: overTime(), ...series };
  return xy(what, as, columns, {
    xAccessor: 'time',
    accessors: Object.keys(series),
    ...(split === undefined ? {} : { splitAccessor: 'split' }),
    yConfig: Object.entries(colors).map(([forAccessor, color]) => ({ forAccessor, color })),
  });
}

/** A horizontal bar for each group. */
export const bars = ({
  group,
  value,
  ...what
}: Chart & { readonly group: Column; readonly value: Column }): LensPanel =>
  xy(what, 'bar_horizontal', { group, value }, { xAccessor: 'group', accessors: ['value'] });

function xy(
  what: Chart,
  seriesType: string,
  columns: Columns,
  accessors: { readonly accessors: readonly string[]; readonly [key: string]: unknown },
): LensPanel {
  const layer = { layerType: 'data', seriesType, position: 'top', showGridlines: false, ...accessors };
  const everywhere = { x: true, yLeft: true, yRight: true };
  return {
    ...what,
    kind: 'lens',
    type: 'lnsXY',
    columns,
    visualization: (layerId) => ({
      legend: { isVisible: accessors.accessors.length > 1 || 'split' in columns, position: 'right' },
      valueLabels: 'hide',
      fittingFunction: 'None',
      axisTitlesVisibilitySettings: { x: false, yLeft: false, yRight: false },
      tickLabelsVisibilitySettings: everywhere,
      labelsOrientation: { x: 0, yLeft: 0, yRight: 0 },
      gridlinesVisibilitySettings: everywhere,
      preferredSeriesType: seriesType,
      layers: [{ layerId, ...layer }],
    }),
  };
}

interface Table extends Chart {
  readonly groups: Columns;
  readonly values: Columns;
  /** Key of the column whose largest values come first. */
  readonly sort?: string;
}

/** A row for each group. */
export function table({ groups, values, sort, ...what }: Table): LensPanel {
  const columns = { ...groups, ...values };
  return chart(what, 'lnsDatatable', columns, {
    columns: Object.keys(columns).map((columnId) => ({ columnId, isTransposed: false })),
    ...(sort === undefined ? {} : { sorting: { columnId: sort, direction: 'desc' } }),
    paging: { size: 10, enabled: true },
    rowHeight: 'single',
    headerRowHeight: 'single',
  });
}

/** One number. */
export const metric = ({
  value,
  color,
  ...what
}: Chart & { readonly value: Column; readonly color?: string }): LensPanel =>
  chart(what, 'lnsMetric', { value }, { metricAccessor: 'value', ...(color === undefined ? {} : { color }) });

/** Shares of a whole. */
export const donut = ({
  slices,
  value,
  ...what
}: Chart & { readonly slices: Column; readonly value: Column }): LensPanel => ({
  ...what,
  kind: 'lens',
  type: 'lnsPie',
  columns: { slices, value },
  visualization: (layerId) => ({
    shape: 'donut',
    layers: [
      {
        layerId,
        layerType: 'data',
        primaryGroups: ['slices'],
        metrics: ['value'],
        numberDisplay: 'value',
        categoryDisplay: 'default',
        legendDisplay: 'show',
        nestedLegend: false,
      },
    ],
  }),
});

interface Heatmap extends Chart {
  readonly x: Column;
  readonly y: Column;
  readonly value: Column;
}

/** A coloured cell for each pair of groups. */
export const heatmap = ({ x, y, value, ...what }: Heatmap): LensPanel =>
  chart(
    what,
    'lnsHeatmap',
    { x, y, value },
    {
      shape: 'heatmap',
      xAccessor: 'x',
      yAccessor: 'y',
      valueAccessor: 'value',
      legend: { isVisible: true, position: 'right', type: 'heatmap_legend' },
      gridConfig: {
        type: 'heatmap_grid',
        isCellLabelVisible: false,
        isXAxisLabelVisible: true,
        isYAxisLabelVisible: true,
        isXAxisTitleVisible: false,
        isYAxisTitleVisible: false,
      },
    },
  );

/** Documents as they are, newest first. */
export const list = (search: SavedSearch, title = search.title, width?: number): ListPanel => ({
  kind: 'list',
  title,
  search,
  ...(width === undefined ? {} : { width }),
});
