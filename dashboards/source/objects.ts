import { CREDENTIAL } from './credential.ts';
import { type Dashboard, dashboardObject } from './dashboard.ts';
import { DATA_VIEWS, dataViewObject } from './data-views.ts';
import { HYGIENE } from './hygiene.ts';
import { OVERVIEW } from './overview.ts';
import { PIPELINE } from './pipeline.ts';
import { RESPONSE_DASHBOARD } from './response.ts';
import type { SavedObject } from './saved-object.ts';
import { savedSearchObject } from './saved-search.ts';
import { SEARCHES } from './searches.ts';

/** One file a dashboard, and a line here. */
export const DASHBOARDS: readonly Dashboard[] = [OVERVIEW, CREDENTIAL, RESPONSE_DASHBOARD, HYGIENE, PIPELINE];

/** Everything that Kibana imports; what others refer to comes first. */
export const savedObjects = (): SavedObject[] => [
  ...DATA_VIEWS.map(dataViewObject),
  ...SEARCHES.map(savedSearchObject),
  ...DASHBOARDS.map(dashboardObject),
];

/** A line an object, as Kibana exports them. */
export const asNdjson = (objects: readonly SavedObject[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('');
