import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asNdjson, savedObjects } from '../../dashboards/source/objects.ts';
import type { LensChart, LensLayer } from './lens-schema.ts';
import { type DashboardPanel, type ReadDashboard, readSavedObjects } from './saved-object-schema.ts';

const file = readFileSync(new URL('../../dashboards/wayward.ndjson', import.meta.url), 'utf8');
const objects = readSavedObjects(file);
const dashboards = objects.filter((object): object is ReadDashboard => object.type === 'dashboard');
const eachDashboard = dashboards.map((dashboard) => [dashboard.attributes.title, dashboard] as const);
const charts = dashboards.flatMap(({ attributes }) =>
  attributes.panelsJSON.flatMap((panel) =>
    panel.type === 'lens' ? [[`${attributes.title}, ${panel.title}`, panel.embeddableConfig.attributes] as const] : [],
  ),
);

const layers = charts.flatMap(([name, chart]) =>
  Object.values(chart.state.datasourceStates.formBased.layers).map((layer) => [name, layer] as const),
);

const COLUMNS = 48;

test('the file is what its source makes, the same each time', () => {
  expect(asNdjson(savedObjects())).toBe(file);
});

test('ids stay as they are: another id would leave the old dashboard beside the new one', () => {
  expect(Object.fromEntries(dashboards.map(({ id, attributes }) => [attributes.title, id]))).toMatchInlineSnapshot(`
    {
      "Wayward: Credential": "ced21629-934c-857f-b2eb-7b728eff951c",
      "Wayward: Hygiene": "bce9f614-50a7-8c8c-ae02-82efadd4f23a",
      "Wayward: Overview": "087d2f6d-b82c-825f-9be0-a08a2a9a51bf",
      "Wayward: Pipeline": "f5a1e603-5c2c-8212-ac7a-06c8364baf7f",
      "Wayward: Response": "39aeb116-7dff-835c-8b9f-ab1558f7ce42",
    }
  `);
});

test('no two objects have one id', () => {
  expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length);
});

test('every index of Wayward has its data view', () => {
  const titles = objects.flatMap((object) => (object.type === 'index-pattern' ? [object.attributes.title] : []));
  expect(titles.sort()).toEqual([
    'logs-wayward.alert-*',
    'logs-wayward.health-*',
    'logs-wayward.inventory-*',
    'logs-wayward.response-*',
    'metrics-wayward.activity-*',
    'wayward-alerts-latest',
  ]);
});

test('what an object refers to is in the file, with its type', () => {
  const there = new Set(objects.map(({ type, id }) => `${type} ${id}`));
  const missing = objects.flatMap(({ references }) => references.filter(({ type, id }) => !there.has(`${type} ${id}`)));
  expect(missing).toEqual([]);
});

test('a saved search has one reference: its data view', () => {
  for (const object of objects) {
    if (object.type !== 'search') continue;
    const { indexRefName } = object.attributes.kibanaSavedObjectMeta.searchSourceJSON;
    expect(object.references.map(({ type, name }) => [type, name])).toEqual([['index-pattern', indexRefName]]);
  }
});

describe.each(eachDashboard)('%s', (_, { attributes, references }) => {
  const panels = attributes.panelsJSON;

  test('has every reference that its panels and controls need, by name and id, and no other', () => {
    const needed = [
      ...panels.flatMap(referencesOf),
      ...Object.keys(attributes.controlGroupInput.panelsJSON).map((id) => `controlGroup_${id}:optionsListDataView`),
    ];
    expect(references.map(({ name }) => name).sort()).toEqual(needed.sort());
    for (const panel of panels) {
      if (panel.type !== 'lens') continue;
      for (const { name, ...reference } of panel.embeddableConfig.attributes.references)
        expect(references).toContainEqual({ ...reference, name: `${panel.panelIndex}:${name}` });
    }
  });

  test('panels fit the grid and do not overlap', () => {
    for (const [index, { gridData: one }] of panels.entries()) {
      expect(one.x + one.w).toBeLessThanOrEqual(COLUMNS);
      for (const { gridData: other } of panels.slice(index + 1)) {
        const isApart =
          one.x + one.w <= other.x ||
          other.x + other.w <= one.x ||
          one.y + one.h <= other.y ||
          other.y + other.h <= one.y;
        expect(isApart, `${JSON.stringify(one)} and ${JSON.stringify(other)}`).toBe(true);
      }
    }
  });

  test('panels have ids and titles of their own, and titles that fit', () => {
    expect(new Set(panels.map(({ panelIndex }) => panelIndex)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { panelIndex, gridData, title } of panels) {
      expect(gridData.i).toBe(panelIndex);
      expect(title.length, title).toBeLessThanOrEqual(gridData.w * 3); // letters in a column's width, with room to spare
    }
  });

  test('each control knows its own id', () => {
    for (const [id, { explicitInput }] of Object.entries(attributes.controlGroupInput.panelsJSON))
      expect(explicitInput.id).toBe(id);
  });
});

describe('every chart', () => {
  test('all kinds of chart are there', () => {
    const kinds = ['lnsXY', 'lnsDatatable', 'lnsMetric', 'lnsPie', 'lnsHeatmap'];
    expect(new Set(charts.map(([, { visualizationType }]) => visualizationType))).toEqual(new Set(kinds));
  });

  test('each layer has its data view, and the chart draws each layer', () => {
    for (const [name, chart] of charts) {
      const layers = Object.keys(chart.state.datasourceStates.formBased.layers);
      const references = layers.map((id) => `indexpattern-datasource-layer-${id}`);
      expect(
        chart.references.map(({ name }) => name),
        name,
      ).toEqual(references);
      expect(layersOf(chart), name).toEqual(layers);
    }
  });

  test('groups come before metrics, and are put in order by a number that is there', () => {
    for (const [name, layer] of layers) {
      expect([...layer.columnOrder].sort(), name).toEqual(Object.keys(layer.columns).sort());
      const isGroup = layer.columnOrder.map((id) => layer.columns[id]?.isBucketed);
      expect(isGroup, name).toEqual([...isGroup].sort((a, b) => Number(b) - Number(a)));
      for (const by of ordersOf(layer))
        expect(layer.columns[by], name).toMatchObject({ isBucketed: false, dataType: 'number' });
    }
  });

  test('draws the columns that there are, all of them', () => {
    for (const [name, chart] of charts) {
      const { groups, metrics } = accessorsOf(chart);
      const columns = Object.values(chart.state.datasourceStates.formBased.layers).map((layer) => layer.columns);
      const isGroup = (id: string) => columns.some((one) => one[id]?.isBucketed === true);
      expect([...groups, ...metrics].sort(), name).toEqual(columns.flatMap(Object.keys).sort());
      expect(groups.every(isGroup), name).toBe(true);
      expect(metrics.some(isGroup), name).toBe(false);
    }
  });
});

function referencesOf(panel: DashboardPanel): string[] {
  const names =
    panel.type === 'search'
      ? [panel.panelRefName]
      : panel.embeddableConfig.attributes.references.map(({ name }) => name);
  return names.map((name) => `${panel.panelIndex}:${name}`);
}

const ordersOf = (layer: LensLayer): string[] =>
  Object.values(layer.columns).flatMap((column) =>
    column.operationType === 'terms' && column.params.orderBy.type === 'column' ? [column.params.orderBy.columnId] : [],
  );

function layersOf({ state: { visualization } }: LensChart): string[] {
  return 'layers' in visualization ? visualization.layers.map(({ layerId }) => layerId) : [visualization.layerId];
}

/** The columns that a chart draws, by what they have to be. */
function accessorsOf(chart: LensChart): { groups: string[]; metrics: string[] } {
  const there = (ids: readonly (string | undefined)[]) => ids.filter((id) => id !== undefined);
  switch (chart.visualizationType) {
    case 'lnsXY': {
      const { layers } = chart.state.visualization;
      return {
        groups: there(layers.flatMap(({ xAccessor, splitAccessor }) => [xAccessor, splitAccessor])),
        metrics: layers.flatMap(({ accessors }) => accessors),
      };
    }
    case 'lnsPie': {
      const { layers } = chart.state.visualization;
      return { groups: layers.flatMap((one) => one.primaryGroups), metrics: layers.flatMap((one) => one.metrics) };
    }
    case 'lnsMetric': {
      const { breakdownByAccessor, metricAccessor } = chart.state.visualization;
      return { groups: there([breakdownByAccessor]), metrics: [metricAccessor] };
    }
    case 'lnsHeatmap': {
      const { xAccessor, yAccessor, valueAccessor } = chart.state.visualization;
      return { groups: there([xAccessor, yAccessor]), metrics: [valueAccessor] };
    }
    case 'lnsDatatable': {
      const columns = Object.values(chart.state.datasourceStates.formBased.layers)[0]?.columns ?? {};
      const ids = chart.state.visualization.columns.map(({ columnId }) => columnId);
      return {
        groups: ids.filter((id) => columns[id]?.isBucketed === true),
        metrics: ids.filter((id) => columns[id]?.isBucketed === false),
      };
    }
  }
}
