import { describe, expect, test } from 'vitest';
import { columnSchema, lensSchema } from './lens-schema.ts';
import { savedObjectSchema } from './saved-object-schema.ts';

/**
 * Small objects in the form that Kibana 8.17 exports, written by hand from what public packages hold: they check the schema,
 * so that it does not merely agree with our generator.
 */

const LAYER = 'aa55060d-8719-4754-a6a8-f063ee95f32c';
const kuery = (query = '') => ({ query, language: 'kuery' });

const count = {
  label: 'Count of records',
  dataType: 'number',
  operationType: 'count',
  isBucketed: false,
  scale: 'ratio',
  sourceField: '___records___',
  params: { emptyAsNull: true },
};

const terms = {
  label: 'Top 5 values of log.level',
  dataType: 'string',
  operationType: 'terms',
  scale: 'ordinal',
  sourceField: 'log.level',
  isBucketed: true,
  params: {
    size: 5,
    orderBy: { type: 'column', columnId: 'c' },
    orderDirection: 'desc',
    otherBucket: true,
    missingBucket: false,
    parentFormat: { id: 'terms' },
    include: [],
    exclude: [],
    includeIsRegex: false,
    excludeIsRegex: false,
  },
};

const lastValue = {
  label: 'Last value of service.version',
  dataType: 'string',
  operationType: 'last_value',
  isBucketed: false,
  scale: 'ordinal',
  sourceField: 'service.version',
  filter: kuery('"service.version": *'),
  params: { sortField: '@timestamp', showArrayValues: false },
};

const chart = (visualizationType: string, visualization: object) => ({
  title: '',
  visualizationType,
  type: 'lens',
  references: [{ type: 'index-pattern', id: 'logs-data', name: `indexpattern-datasource-layer-${LAYER}` }],
  state: {
    visualization,
    query: kuery(),
    filters: [],
    datasourceStates: {
      formBased: {
        layers: {
          [LAYER]: { columns: { t: terms, c: count }, columnOrder: ['t', 'c'], incompleteColumns: {}, sampling: 1 },
        },
      },
      indexpattern: { layers: {} },
      textBased: { layers: {} },
    },
    internalReferences: [],
    adHocDataViews: {},
  },
});

const xy = {
  legend: { isVisible: true, position: 'right' },
  valueLabels: 'hide',
  fittingFunction: 'Linear',
  axisTitlesVisibilitySettings: { x: true, yLeft: true, yRight: true },
  tickLabelsVisibilitySettings: { x: true, yLeft: true, yRight: true },
  labelsOrientation: { x: 0, yLeft: 0, yRight: 0 },
  gridlinesVisibilitySettings: { x: true, yLeft: true, yRight: true },
  preferredSeriesType: 'bar_stacked',
  layers: [
    {
      layerId: LAYER,
      accessors: ['c'],
      position: 'top',
      seriesType: 'bar_stacked',
      showGridlines: false,
      layerType: 'data',
      xAccessor: 't',
      yConfig: [{ forAccessor: 'c', color: '#b37f54' }],
    },
  ],
};

const dashboard = {
  id: 'd4615129-8b1e-4b7d-a041-e8e4350debea',
  type: 'dashboard',
  attributes: {
    version: 3,
    description: '',
    timeRestore: false,
    title: 'Log sanity',
    controlGroupInput: {
      chainingSystem: 'HIERARCHICAL',
      controlStyle: 'oneLine',
      ignoreParentSettingsJSON:
        '{"ignoreFilters":false,"ignoreQuery":false,"ignoreTimerange":false,"ignoreValidations":false}',
      panelsJSON:
        '{"c1":{"type":"optionsListControl","order":0,"grow":false,"width":"medium","explicitInput":{"id":"c1","fieldName":"service.address","title":"Host","singleSelect":true,"selectedOptions":[],"enhancements":{}}}}',
      showApplySelections: false,
    },
    optionsJSON:
      '{"useMargins":true,"syncColors":false,"syncCursor":true,"syncTooltips":false,"hidePanelTitles":false}',
    panelsJSON: JSON.stringify([
      {
        type: 'lens',
        title: 'Levels',
        embeddableConfig: { attributes: chart('lnsXY', xy), enhancements: {} },
        panelIndex: 'p1',
        gridData: { x: 0, y: 0, w: 18, h: 14, i: 'p1' },
      },
      {
        type: 'search',
        title: 'Logs',
        embeddableConfig: { enhancements: {}, hidePanelTitles: false },
        panelIndex: 'p2',
        panelRefName: 'panel_p2',
        gridData: { x: 18, y: 0, w: 30, h: 14, i: 'p2' },
      },
    ]),
    kibanaSavedObjectMeta: { searchSourceJSON: '{"query":{"query":"","language":"kuery"},"filter":[]}' },
  },
  references: [
    { type: 'index-pattern', id: 'logs-data', name: `p1:indexpattern-datasource-layer-${LAYER}` },
    { type: 'search', id: 'logs', name: 'p2:panel_p2' },
    { type: 'index-pattern', id: 'logs-data', name: 'controlGroup_c1:optionsListDataView' },
  ],
  managed: false,
  created_at: '2025-03-31T09:53:41.998Z',
  coreMigrationVersion: '8.8.0',
  typeMigrationVersion: '10.2.0',
};

const search = {
  id: 'logs',
  type: 'search',
  attributes: {
    title: 'Logs',
    description: '',
    columns: ['log.level', 'message'],
    sort: [['@timestamp', 'desc']],
    grid: { columns: { 'log.level': { width: 78 } } },
    hideChart: false,
    isTextBasedQuery: false,
    usesAdHocDataView: false,
    timeRestore: false,
    kibanaSavedObjectMeta: {
      searchSourceJSON:
        '{"query":{"query":"","language":"kuery"},"filter":[],"indexRefName":"kibanaSavedObjectMeta.searchSourceJSON.index"}',
    },
  },
  references: [{ type: 'index-pattern', id: 'logs-data', name: 'kibanaSavedObjectMeta.searchSourceJSON.index' }],
  managed: false,
  coreMigrationVersion: '8.8.0',
  typeMigrationVersion: '10.5.0',
};

const dataView = {
  id: 'logs-data',
  type: 'index-pattern',
  attributes: {
    fieldAttrs: '{}',
    title: 'logs-*',
    timeFieldName: '@timestamp',
    sourceFilters: '[]',
    fields: '[]',
    fieldFormatMap: '{}',
    runtimeFieldMap: '{}',
    name: 'Logs',
    allowHidden: false,
  },
  references: [],
  managed: false,
  coreMigrationVersion: '8.8.0',
  typeMigrationVersion: '8.0.0',
};

describe('the schema takes what Kibana exports', () => {
  test.each([
    ['a dashboard with a chart, a list and a control', dashboard],
    ['a saved search', search],
    ['a data view', dataView],
  ])('%s', (_, object) => {
    expect(savedObjectSchema.safeParse(object).error).toBeUndefined();
  });

  test.each([
    ['lnsMetric', { layerId: LAYER, layerType: 'data', metricAccessor: 'c' }],
    [
      'lnsDatatable',
      {
        layerId: LAYER,
        layerType: 'data',
        columns: [{ columnId: 't', isTransposed: false }, { columnId: 'c' }],
        rowHeight: 'single',
      },
    ],
    [
      'lnsPie',
      {
        shape: 'pie',
        layers: [
          {
            layerId: LAYER,
            layerType: 'data',
            primaryGroups: ['t'],
            metrics: ['c'],
            numberDisplay: 'percent',
            categoryDisplay: 'default',
            legendDisplay: 'default',
            nestedLegend: false,
          },
        ],
      },
    ],
    [
      'lnsHeatmap',
      {
        shape: 'heatmap',
        layerId: LAYER,
        layerType: 'data',
        xAccessor: 't',
        valueAccessor: 'c',
        legend: { isVisible: true, position: 'right', type: 'heatmap_legend' },
        gridConfig: {
          type: 'heatmap_grid',
          isCellLabelVisible: false,
          isXAxisLabelVisible: true,
          isXAxisTitleVisible: false,
          isYAxisLabelVisible: true,
          isYAxisTitleVisible: false,
        },
      },
    ],
  ])('%s', (type, visualization) => {
    expect(lensSchema.safeParse(chart(type, visualization)).error).toBeUndefined();
  });

  test('the last value of a field', () => {
    expect(columnSchema.safeParse(lastValue).error).toBeUndefined();
  });
});

describe('the schema refuses what Kibana refuses or would not draw', () => {
  const { attributes } = dashboard;
  test.each([
    ['an attribute that dashboards do not have', { ...dashboard, attributes: { ...attributes, theme: 'dark' } }],
    ['panels as JSON that is none', { ...dashboard, attributes: { ...attributes, panelsJSON: '[' } }],
    ['panels that are not in a string', { ...dashboard, attributes: { ...attributes, panelsJSON: [] } }],
    ['a form newer than 8.19 reads', { ...dashboard, typeMigrationVersion: '10.4.0' }],
    ['a search with the tabs of 9.x', { ...search, attributes: { ...search.attributes, tabs: [] } }],
    [
      'a data view without a time field',
      { ...dataView, attributes: { ...dataView.attributes, timeFieldName: undefined } },
    ],
    ['an object of another type', { ...dataView, type: 'visualization' }],
  ])('%s', (_, object) => {
    expect(savedObjectSchema.safeParse(object).success).toBe(false);
  });

  test.each([
    ['a terms column without its size', { ...terms, params: { ...terms.params, size: undefined } }],
    ['a count of a field', { ...count, sourceField: 'log.level' }],
    ['a last value without the field to sort by', { ...lastValue, params: { showArrayValues: false } }],
    ['an operation that is none', { ...count, operationType: 'total' }],
  ])('%s', (_, column) => {
    expect(columnSchema.safeParse(column).success).toBe(false);
  });

  test('a chart whose settings are those of another', () => {
    expect(lensSchema.safeParse(chart('lnsPie', xy)).success).toBe(false);
  });
});
