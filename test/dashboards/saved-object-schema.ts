import { z } from 'zod';
import { kqlSchema, lensSchema, referenceSchema } from './lens-schema.ts';

/**
 * The form of saved objects that Kibana 8.17 exports and later ones migrate: attributes as elastic/kibana's own schemas have them (dashboard
 * model version 2, search model version 5: other keys are refused there, so here, too), JSON inside strings read as well.
 */

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('is not JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

const time = z.string().regex(/^now(-\d+[smhdwMy](\/[dwMy])?)?$/);

const gridSchema = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(48),
  h: z.int().min(1),
  i: z.string(),
});

const panel = {
  panelIndex: z.string().min(1),
  title: z.string().min(1),
  gridData: gridSchema,
};

const lensPanelSchema = z.strictObject({
  ...panel,
  type: z.literal('lens'),
  embeddableConfig: z.strictObject({
    attributes: lensSchema,
    enhancements: z.strictObject({}),
    timeRange: z.strictObject({ from: time, to: time }).optional(),
    hidePanelTitles: z.boolean().optional(),
  }),
});

const searchPanelSchema = z.strictObject({
  ...panel,
  type: z.literal('search'),
  panelRefName: z.string().startsWith('panel_'),
  embeddableConfig: z.strictObject({ enhancements: z.strictObject({}), hidePanelTitles: z.boolean().optional() }),
});

const panelSchema = z.discriminatedUnion('type', [lensPanelSchema, searchPanelSchema]);

export type DashboardPanel = z.infer<typeof panelSchema>;

const controlSchema = z.strictObject({
  type: z.literal('optionsListControl'),
  order: z.int().min(0),
  grow: z.boolean(),
  width: z.enum(['small', 'medium', 'large']),
  explicitInput: z.strictObject({
    id: z.string(),
    fieldName: z.string(),
    title: z.string().min(1),
    searchTechnique: z.enum(['prefix', 'wildcard', 'exact']).optional(),
    selectedOptions: z.array(z.string()).optional(),
    singleSelect: z.boolean().optional(),
    enhancements: z.strictObject({}).optional(),
  }),
});

const dashboardAttributesSchema = z.strictObject({
  title: z.string().min(1),
  description: z.string(),
  version: z.int(),
  timeRestore: z.boolean(),
  timeFrom: time.optional(),
  timeTo: time.optional(),
  refreshInterval: z.strictObject({ pause: z.boolean(), value: z.int() }).optional(),
  controlGroupInput: z.strictObject({
    chainingSystem: z.enum(['HIERARCHICAL', 'NONE']),
    controlStyle: z.enum(['oneLine', 'twoLine']),
    ignoreParentSettingsJSON: json(
      z.strictObject({
        ignoreFilters: z.boolean(),
        ignoreQuery: z.boolean(),
        ignoreTimerange: z.boolean(),
        ignoreValidations: z.boolean(),
      }),
    ),
    panelsJSON: json(z.record(z.string(), controlSchema)),
    showApplySelections: z.boolean(),
  }),
  optionsJSON: json(
    z.strictObject({
      useMargins: z.boolean(),
      syncColors: z.boolean(),
      syncCursor: z.boolean(),
      syncTooltips: z.boolean(),
      hidePanelTitles: z.boolean(),
    }),
  ),
  panelsJSON: json(z.array(panelSchema).min(1)),
  kibanaSavedObjectMeta: z.strictObject({
    searchSourceJSON: json(z.strictObject({ query: kqlSchema, filter: z.array(z.never()) })),
  }),
});

const searchAttributesSchema = z.strictObject({
  title: z.string().min(1),
  description: z.string(),
  columns: z.array(z.string().min(1)).min(1),
  sort: z.array(z.tuple([z.string(), z.enum(['asc', 'desc'])])),
  grid: z.strictObject({ columns: z.record(z.string(), z.strictObject({ width: z.number() })).optional() }),
  hideChart: z.boolean(),
  isTextBasedQuery: z.boolean(),
  usesAdHocDataView: z.boolean().optional(),
  timeRestore: z.boolean().optional(),
  rowHeight: z.number().optional(),
  kibanaSavedObjectMeta: z.strictObject({
    searchSourceJSON: json(
      z.strictObject({
        query: kqlSchema,
        filter: z.array(z.never()),
        highlightAll: z.boolean().optional(),
        version: z.boolean().optional(),
        indexRefName: z.literal('kibanaSavedObjectMeta.searchSourceJSON.index'),
      }),
    ),
  }),
});

const dataViewAttributesSchema = z.strictObject({
  title: z.string().min(1),
  name: z.string().min(1),
  timeFieldName: z.string().min(1),
  fields: json(z.array(z.never())),
  fieldAttrs: json(z.strictObject({})),
  fieldFormatMap: json(z.strictObject({})),
  runtimeFieldMap: json(z.strictObject({})),
  sourceFilters: json(z.array(z.never())),
  allowHidden: z.boolean().optional(),
});

const objectOf = <Type extends string, T extends z.ZodType>(type: Type, typeMigrationVersion: string, attributes: T) =>
  z.strictObject({
    id: z.string().min(1),
    type: z.literal(type),
    attributes,
    references: z.array(referenceSchema),
    managed: z.boolean(),
    coreMigrationVersion: z.literal('8.8.0'),
    typeMigrationVersion: z.literal(typeMigrationVersion),
    created_at: z.iso.datetime().optional(),
    updated_at: z.iso.datetime().optional(),
    version: z.string().optional(),
  });

export const savedObjectSchema = z.discriminatedUnion('type', [
  objectOf('index-pattern', '8.0.0', dataViewAttributesSchema),
  objectOf('search', '10.5.0', searchAttributesSchema),
  objectOf('dashboard', '10.2.0', dashboardAttributesSchema),
]);

/** A saved object with the JSON in its strings read. */
export type ReadSavedObject = z.infer<typeof savedObjectSchema>;
export type ReadDashboard = Extract<ReadSavedObject, { type: 'dashboard' }>;

/** Reads the file that Kibana imports. Throws where a line has not the form that Kibana exports. */
export const readSavedObjects = (ndjson: string): ReadSavedObject[] =>
  ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => savedObjectSchema.parse(JSON.parse(line)));
