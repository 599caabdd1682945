import { type SavedObject, savedObject } from './saved-object.ts';
import { stableId } from './stable-id.ts';

/** What Kibana reads: a name for people, and the indices behind it. */
export interface View {
  readonly id: string;
  readonly name: string;
  readonly indices: string;
}

const dataView = (indices: string, name: string): View => ({ id: stableId('data-view', indices), name, indices });

/** One document a severity that an incident reached: how often the SOC was called. */
export const NOTICES = dataView('logs-wayward.alert-*', 'Wayward notices');
/** One document an incident, as it stands. */
export const ALERTS = dataView('wayward-alerts-latest', 'Wayward alerts');
export const ACTIVITY = dataView('metrics-wayward.activity-*', 'Wayward activity');
export const INVENTORY = dataView('logs-wayward.inventory-*', 'Wayward credentials');
export const RESPONSE = dataView('logs-wayward.response-*', 'Wayward responses');
export const HEALTH = dataView('logs-wayward.health-*', 'Wayward health');

export const DATA_VIEWS: readonly View[] = [NOTICES, ALERTS, ACTIVITY, INVENTORY, RESPONSE, HEALTH];

export const dataViewObject = ({ id, name, indices }: View): SavedObject =>
  savedObject(
    'index-pattern',
    id,
    {
      title: indices,
      name,
      timeFieldName: '@timestamp',
      fields: '[]',
      fieldAttrs: '{}',
      fieldFormatMap: '{}',
      runtimeFieldMap: '{}',
      sourceFilters: '[]',
      allowHidden: false,
    },
    [],
  );
