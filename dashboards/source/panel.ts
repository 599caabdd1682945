import type { Column } from './columns.ts';
import type { View } from './data-views.ts';
import type { SavedSearch } from './saved-search.ts';

/** Keys are the ids by which a chart refers to its columns. */
export type Columns = Readonly<Record<string, Column>>;

/** What every chart has. */
export interface Chart {
  readonly title: string;
  readonly view: View;
  /** KQL: only of these documents. */
  readonly where?: string;
  /** Looks back this far from now, such as `30d`, instead of over the dashboard's range. */
  readonly past?: string;
  /** Of the dashboard's 48 columns; what its neighbours leave where absent. */
  readonly width?: number;
}

/** A chart that Lens draws from one table. */
export interface LensPanel extends Chart {
  readonly kind: 'lens';
  readonly type: 'lnsXY' | 'lnsDatatable' | 'lnsPie' | 'lnsMetric' | 'lnsHeatmap';
  /** Groups first, from the outermost. */
  readonly columns: Columns;
  readonly visualization: (layerId: string) => Readonly<Record<string, unknown>>;
}

/** Documents as they are. */
export interface ListPanel {
  readonly kind: 'list';
  readonly title: string;
  readonly search: SavedSearch;
  readonly width?: number;
}

export type Panel = LensPanel | ListPanel;
