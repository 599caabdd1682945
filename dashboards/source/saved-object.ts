/** A line of the file that Kibana imports. */
export interface SavedObject {
  readonly id: string;
  readonly type: 'index-pattern' | 'search' | 'dashboard';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
  readonly managed: false;
  readonly coreMigrationVersion: string;
  /** The form that the attributes have: Kibana migrates what is older than itself, and refuses what is newer. */
  readonly typeMigrationVersion: string;
}

export interface Reference {
  readonly type: SavedObject['type'];
  readonly id: string;
  readonly name: string;
}

/** The forms that Kibana 8.17 exports: the oldest that have all that we use. */
const VERSIONS: Readonly<Record<SavedObject['type'], string>> = {
  'index-pattern': '8.0.0',
  search: '10.5.0',
  dashboard: '10.2.0',
};

export const savedObject = (
  type: SavedObject['type'],
  id: string,
  attributes: SavedObject['attributes'],
  references: readonly Reference[],
): SavedObject => ({
  id,
  type,
  attributes,
  references,
  managed: false,
  coreMigrationVersion: '8.8.0',
  typeMigrationVersion: VERSIONS[type],
});

export interface KqlQuery {
  readonly query: string;
  readonly language: 'kuery';
}

export const kql = (query = ''): KqlQuery => ({ query, language: 'kuery' });
