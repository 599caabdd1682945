import type { View } from './data-views.ts';
import { kql, type Reference, type SavedObject, savedObject } from './saved-object.ts';
import { stableId } from './stable-id.ts';

/** A search that people open in Discover. */
export interface SavedSearch {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly view: View;
  /** KQL. */
  readonly where: string;
  readonly columns: readonly string[];
}

/** @param madeAs its title in the version that brought it: a new title replaces the search that people have */
export const savedSearch = (
  title: string,
  { madeAs = title, ...search }: Omit<SavedSearch, 'id' | 'title'> & { readonly madeAs?: string },
): SavedSearch => ({ id: stableId('search', madeAs), title, ...search });

const INDEX_REFERENCE = 'kibanaSavedObjectMeta.searchSourceJSON.index';

export function savedSearchObject({ id, title, description, view, where, columns }: SavedSearch): SavedObject {
  const references: Reference[] = [{ type: 'index-pattern', id: view.id, name: INDEX_REFERENCE }];
  const attributes = {
    title: `Wayward: ${title}`,
    description,
    columns,
    sort: [['@timestamp', 'desc']],
    grid: {},
    hideChart: false,
    isTextBasedQuery: false,
    usesAdHocDataView: false,
    timeRestore: false,
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({ query: kql(where), filter: [], indexRefName: INDEX_REFERENCE }),
    },
  };
  return savedObject('search', id, attributes, references);
}
