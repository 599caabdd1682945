import { z } from 'zod';

/**
 * The form of Lens charts in dashboards that Kibana 8.17 exports and later ones migrate (elastic/integrations, packages/NAME/kibana/dashboard, and
 * exports of 8.17 that others published), with the types of elastic/kibana (x-pack/platform/plugins/shared/lens). Not from our generator.
 */

export const kqlSchema = z.strictObject({ query: z.string(), language: z.literal('kuery') });

const formatSchema = z.strictObject({
  id: z.enum(['number', 'bytes', 'percent', 'duration']),
  params: z
    .strictObject({ decimals: z.int().min(0) })
    .catchall(z.unknown())
    .optional(),
});

const column = {
  label: z.string().min(1),
  customLabel: z.boolean().optional(),
  filter: kqlSchema.optional(),
  timeShift: z.string().optional(),
  reducedTimeRange: z.string().optional(),
};
const bucket = { ...column, isBucketed: z.literal(true) };
const metric = { ...column, isBucketed: z.literal(false) };
const field = z.string().min(1);
const numberParams = z
  .strictObject({ emptyAsNull: z.boolean().optional(), format: formatSchema.optional() })
  .optional();

const termsSchema = z.strictObject({
  ...bucket,
  operationType: z.literal('terms'),
  dataType: z.enum(['string', 'number', 'boolean', 'ip', 'date']),
  scale: z.literal('ordinal'),
  sourceField: field,
  params: z.strictObject({
    size: z.int().min(1).max(1000),
    orderBy: z.union([
      z.strictObject({ type: z.literal('column'), columnId: z.string() }),
      z.strictObject({ type: z.literal('alphabetical'), fallback: z.boolean().optional() }),
      z.strictObject({ type: z.literal('rare'), maxDocCount: z.int() }),
    ]),
    orderDirection: z.enum(['asc', 'desc']),
    otherBucket: z.boolean().optional(),
    missingBucket: z.boolean().optional(),
    parentFormat: z.strictObject({ id: z.enum(['terms', 'multi_terms']) }).optional(),
    include: z.array(z.string()).optional(),
    exclude: z.array(z.string()).optional(),
    includeIsRegex: z.boolean().optional(),
    excludeIsRegex: z.boolean().optional(),
    accuracyMode: z.boolean().optional(),
    secondaryFields: z.array(z.string()).optional(),
  }),
});

const dateHistogramSchema = z.strictObject({
  ...bucket,
  operationType: z.literal('date_histogram'),
  dataType: z.literal('date'),
  scale: z.literal('interval'),
  sourceField: field,
  params: z.strictObject({
    interval: z.string().regex(/^(auto|\d*[smhdwMy])$/),
    includeEmptyRows: z.boolean().optional(),
    dropPartials: z.boolean().optional(),
    ignoreTimeRange: z.boolean().optional(),
  }),
});

const filtersSchema = z.strictObject({
  ...bucket,
  operationType: z.literal('filters'),
  dataType: z.literal('string'),
  scale: z.literal('ordinal'),
  params: z.strictObject({
    filters: z.array(z.strictObject({ input: kqlSchema, label: z.string() })).min(1),
  }),
});

const countSchema = z.strictObject({
  ...metric,
  operationType: z.literal('count'),
  dataType: z.literal('number'),
  scale: z.literal('ratio'),
  sourceField: z.literal('___records___'),
  params: numberParams,
});

const numberSchema = z.strictObject({
  ...metric,
  operationType: z.enum(['sum', 'average', 'median', 'unique_count']),
  dataType: z.literal('number'),
  scale: z.literal('ratio'),
  sourceField: field,
  params: numberParams,
});

/** The two that also take dates. */
const extremeSchema = z.strictObject({
  ...metric,
  operationType: z.enum(['min', 'max']),
  dataType: z.enum(['number', 'date']),
  scale: z.literal('ratio'),
  sourceField: field,
  params: numberParams,
});

const percentileSchema = z.strictObject({
  ...metric,
  operationType: z.literal('percentile'),
  dataType: z.literal('number'),
  scale: z.literal('ratio'),
  sourceField: field,
  params: z.strictObject({ percentile: z.number().min(0).max(100), format: formatSchema.optional() }),
});

const lastValueSchema = z.strictObject({
  ...metric,
  operationType: z.literal('last_value'),
  dataType: z.enum(['string', 'number', 'boolean', 'ip', 'date']),
  scale: z.enum(['ordinal', 'ratio']),
  sourceField: field,
  params: z.strictObject({
    sortField: field,
    showArrayValues: z.boolean().optional(),
    format: formatSchema.optional(),
  }),
});

export const columnSchema = z.discriminatedUnion('operationType', [
  termsSchema,
  dateHistogramSchema,
  filtersSchema,
  countSchema,
  numberSchema,
  extremeSchema,
  percentileSchema,
  lastValueSchema,
]);

export type LensColumn = z.infer<typeof columnSchema>;

const layerSchema = z.strictObject({
  columns: z.record(z.string(), columnSchema),
  columnOrder: z.array(z.string()).min(1),
  incompleteColumns: z.strictObject({}),
  sampling: z.number().optional(),
  ignoreGlobalFilters: z.boolean().optional(),
  linkToLayers: z.array(z.string()).optional(),
});

export type LensLayer = z.infer<typeof layerSchema>;

const none = z.strictObject({ layers: z.strictObject({}) });
const visible = z.strictObject({ x: z.boolean(), yLeft: z.boolean(), yRight: z.boolean() });
const layerType = z.literal('data');
const color = z.string().regex(/^#[0-9a-f]{6}$/);

const xySchema = z.strictObject({
  legend: z.strictObject({
    isVisible: z.boolean(),
    position: z.enum(['right', 'left', 'top', 'bottom']),
    showSingleSeries: z.boolean().optional(),
  }),
  valueLabels: z.enum(['hide', 'show']),
  fittingFunction: z.enum(['None', 'Zero', 'Linear', 'Carry', 'Lookahead', 'Average', 'Nearest']).optional(),
  axisTitlesVisibilitySettings: visible.optional(),
  tickLabelsVisibilitySettings: visible.optional(),
  gridlinesVisibilitySettings: visible.optional(),
  labelsOrientation: z.strictObject({ x: z.number(), yLeft: z.number(), yRight: z.number() }).optional(),
  preferredSeriesType: z.string(),
  layers: z
    .array(
      z.strictObject({
        layerId: z.string(),
        layerType,
        seriesType: z.enum([
          'line',
          'area',
          'area_stacked',
          'bar',
          'bar_stacked',
          'bar_horizontal',
          'bar_horizontal_stacked',
        ]),
        accessors: z.array(z.string()).min(1),
        xAccessor: z.string().optional(),
        splitAccessor: z.string().optional(),
        position: z.literal('top').optional(),
        showGridlines: z.boolean().optional(),
        yConfig: z.array(z.strictObject({ forAccessor: z.string(), color: color.optional() })).optional(),
      }),
    )
    .min(1),
});

const tableSchema = z.strictObject({
  layerId: z.string(),
  layerType,
  columns: z
    .array(
      z.strictObject({
        columnId: z.string(),
        isTransposed: z.boolean().optional(),
        isMetric: z.boolean().optional(),
        width: z.number().optional(),
        hidden: z.boolean().optional(),
      }),
    )
    .min(1),
  sorting: z.strictObject({ columnId: z.string(), direction: z.enum(['asc', 'desc', 'none']) }).optional(),
  paging: z.strictObject({ size: z.int(), enabled: z.boolean() }).optional(),
  rowHeight: z.enum(['auto', 'single', 'custom']).optional(),
  headerRowHeight: z.enum(['auto', 'single', 'custom']).optional(),
});

const metricSchema = z.strictObject({
  layerId: z.string(),
  layerType,
  metricAccessor: z.string(),
  color: color.optional(),
  subtitle: z.string().optional(),
  breakdownByAccessor: z.string().optional(),
});

const pieSchema = z.strictObject({
  shape: z.enum(['pie', 'donut', 'treemap', 'waffle', 'mosaic']),
  layers: z
    .array(
      z.strictObject({
        layerId: z.string(),
        layerType,
        primaryGroups: z.array(z.string()).min(1),
        metrics: z.array(z.string()).min(1),
        numberDisplay: z.enum(['percent', 'value', 'hidden']),
        categoryDisplay: z.enum(['default', 'inside', 'hide']),
        legendDisplay: z.enum(['default', 'show', 'hide']),
        nestedLegend: z.boolean().optional(),
      }),
    )
    .length(1),
});

const heatmapSchema = z.strictObject({
  shape: z.literal('heatmap'),
  layerId: z.string(),
  layerType,
  xAccessor: z.string(),
  yAccessor: z.string().optional(),
  valueAccessor: z.string(),
  legend: z.strictObject({
    isVisible: z.boolean(),
    position: z.enum(['right', 'left', 'top', 'bottom']),
    type: z.literal('heatmap_legend'),
  }),
  gridConfig: z.strictObject({
    type: z.literal('heatmap_grid'),
    isCellLabelVisible: z.boolean(),
    isXAxisLabelVisible: z.boolean(),
    isYAxisLabelVisible: z.boolean(),
    isXAxisTitleVisible: z.boolean(),
    isYAxisTitleVisible: z.boolean(),
  }),
});

export const referenceSchema = z.strictObject({
  type: z.enum(['index-pattern', 'search', 'dashboard']),
  id: z.string().min(1),
  name: z.string().min(1),
});

const stateOf = <T extends z.ZodType>(visualization: T) =>
  z.strictObject({
    visualization,
    query: kqlSchema,
    filters: z.array(z.never()),
    datasourceStates: z.strictObject({
      formBased: z.strictObject({ layers: z.record(z.string(), layerSchema) }),
      indexpattern: none.optional(),
      textBased: none.optional(),
    }),
    internalReferences: z.array(z.never()).optional(),
    adHocDataViews: z.strictObject({}).optional(),
  });

const chart = <Id extends string, T extends z.ZodType>(id: Id, visualization: T) =>
  z.strictObject({
    title: z.string(),
    description: z.string().optional(),
    visualizationType: z.literal(id),
    type: z.literal('lens'),
    references: z.array(referenceSchema),
    state: stateOf(visualization),
  });

/** A chart that a dashboard holds by value. */
export const lensSchema = z.discriminatedUnion('visualizationType', [
  chart('lnsXY', xySchema),
  chart('lnsDatatable', tableSchema),
  chart('lnsMetric', metricSchema),
  chart('lnsPie', pieSchema),
  chart('lnsHeatmap', heatmapSchema),
]);

export type LensChart = z.infer<typeof lensSchema>;
