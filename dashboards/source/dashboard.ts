import type { View } from './data-views.ts';
import { lensAttributes } from './lens.ts';
import type { Panel } from './panel.ts';
import { kql, type Reference, type SavedObject, savedObject } from './saved-object.ts';
import { stableId } from './stable-id.ts';

/** A list above the dashboard from which people choose values of a field. */
export interface Control {
  readonly title: string;
  readonly view: View;
  readonly field: string;
}

/** Panels side by side. */
export interface Row {
  /** In the grid's rows, of 20 pixels each. */
  readonly height: number;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly title: string;
  readonly description: string;
  /** Looks back this far from now when it is opened, such as `7d`. */
  readonly past: string;
  readonly controls: readonly Control[];
  readonly rows: readonly Row[];
}

/** Width of Kibana's grid. */
const COLUMNS = 48;

interface Placed {
  readonly json: object;
  readonly references: readonly Reference[];
}

export function dashboardObject(dashboard: Dashboard): SavedObject {
  const { title, description, past, controls, rows } = dashboard;
  const id = stableId('dashboard', title);
  const panels = placedPanels(id, rows);
  const group = controlGroup(id, controls);
  const attributes = {
    title: `Wayward: ${title}`,
    description,
    version: 3,
    timeRestore: true,
    timeFrom: `now-${past}`,
    timeTo: 'now',
    refreshInterval: { pause: true, value: 60_000 },
    controlGroupInput: group.json,
    optionsJSON: JSON.stringify({
      useMargins: true,
      syncColors: false,
      syncCursor: true,
      syncTooltips: false,
      hidePanelTitles: false,
    }),
    panelsJSON: JSON.stringify(panels.map(({ json }) => json)),
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ query: kql(), filter: [] }) },
  };
  return savedObject('dashboard', id, attributes, [
    ...panels.flatMap(({ references }) => references),
    ...group.references,
  ]);
}

/** Rows one below the other; in each, panels share the width that those with a width of their own leave. */
function placedPanels(dashboardId: string, rows: readonly Row[]): Placed[] {
  let y = 0;
  return rows.flatMap(({ height, panels }) => {
    const taken = panels.reduce((sum, { width = 0 }) => sum + width, 0);
    const share = (COLUMNS - taken) / panels.filter(({ width }) => width === undefined).length;
    let x = 0;
    const placed = panels.map((panel) => {
      const w = panel.width ?? share;
      const json = placedPanel(dashboardId, panel, { x, y, w, h: height });
      x += w;
      return json;
    });
    y += height;
    return placed;
  });
}

function placedPanel(dashboardId: string, panel: Panel, grid: { x: number; y: number; w: number; h: number }): Placed {
  const panelIndex = stableId(dashboardId, panel.title);
  const common = { panelIndex, title: panel.title, gridData: { ...grid, i: panelIndex } };
  // A dashboard's references are those of its panels, with the panel's id before each name.
  const named = ({ name, ...reference }: Reference): Reference => ({ ...reference, name: `${panelIndex}:${name}` });
  if (panel.kind === 'list') {
    const panelRefName = `panel_${panelIndex}`;
    const json = { type: 'search', ...common, panelRefName, embeddableConfig: { enhancements: {} } };
    return { json, references: [named({ type: 'search', id: panel.search.id, name: panelRefName })] };
  }
  const { attributes, references } = lensAttributes(panel, panelIndex);
  const timeRange = panel.past === undefined ? {} : { timeRange: { from: `now-${panel.past}`, to: 'now' } };
  const json = { type: 'lens', ...common, embeddableConfig: { attributes, enhancements: {}, ...timeRange } };
  return { json, references: references.map(named) };
}

function controlGroup(dashboardId: string, controls: readonly Control[]): Placed {
  const withIds = controls.map((control) => ({ ...control, id: stableId(dashboardId, 'control', control.field) }));
  const panels = withIds.map(({ id, field, title }, order) => [
    id,
    {
      type: 'optionsListControl',
      order,
      grow: true,
      width: 'medium',
      explicitInput: { id, fieldName: field, title, searchTechnique: 'prefix', selectedOptions: [], enhancements: {} },
    },
  ]);
  return {
    json: {
      chainingSystem: 'HIERARCHICAL',
      controlStyle: 'oneLine',
      ignoreParentSettingsJSON: JSON.stringify({
        ignoreFilters: false,
        ignoreQuery: false,
        ignoreTimerange: false,
        ignoreValidations: false,
      }),
      panelsJSON: JSON.stringify(Object.fromEntries(panels)),
      showApplySelections: false,
    },
    references: withIds.map(({ id, view }) => ({
      type: 'index-pattern',
      id: view.id,
      name: `controlGroup_${id}:optionsListDataView`,
    })),
  };
}
