import type { LensPanel } from './panel.ts';
import { kql, type Reference } from './saved-object.ts';
import { stableId } from './stable-id.ts';

/** A Lens chart as a dashboard holds it by value; its data view is named by a reference, not by an id inside. */
export function lensAttributes(panel: LensPanel, panelId: string): { attributes: object; references: Reference[] } {
  const layerId = stableId(panelId, 'layer');
  const references: Reference[] = [
    { type: 'index-pattern', id: panel.view.id, name: `indexpattern-datasource-layer-${layerId}` },
  ];
  const layer = {
    columns: panel.columns,
    columnOrder: Object.keys(panel.columns),
    incompleteColumns: {},
    sampling: 1,
  };
  const attributes = {
    title: '',
    visualizationType: panel.type,
    type: 'lens',
    references,
    state: {
      visualization: panel.visualization(layerId),
      query: kql(panel.where),
      filters: [],
      datasourceStates: {
        formBased: { layers: { [layerId]: layer } },
        indexpattern: { layers: {} },
        textBased: { layers: {} },
      },
      internalReferences: [],
      adHocDataViews: {},
    },
  };
  return { attributes, references };
}
