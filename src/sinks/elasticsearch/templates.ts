import type { FieldType } from './fields.ts';
import { ECS_FIELDS, WAYWARD_FIELDS } from './fields.ts';
import { mappingOf } from './mappings.ts';
import { DATA_STREAMS, type DataStream, LATEST, STREAMS } from './streams.ts';

/** What a server can do beyond the least that Wayward needs; found out, never assumed. */
export interface ServerFeatures {
  readonly missingTypes: ReadonlySet<FieldType>;
  /** Whether it deletes old documents of a data stream by itself. */
  readonly lifecycle: boolean;
}

/** One template, in the form in which Elasticsearch gives it back: so that equal means unchanged. */
export interface Template {
  readonly kind: 'component_template' | 'index_template';
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Above Elastic's built-in templates for logs-*-* and metrics-*-* (100) and those of its integrations (200, 250). */
const PRIORITY = 300;

const META = { managed_by: 'wayward', description: 'Made by `wayward setup elasticsearch`, which writes over changes' };
const ECS_COMPONENT = 'wayward-ecs-mappings';
const OWN_COMPONENT = 'wayward-mappings';

/** Every template, components first: in the order in which they have to be put. */
export const templatesFor = ({ missingTypes, lifecycle }: ServerFeatures): Template[] => [
  component(ECS_COMPONENT, { mappings: mappingOf(ECS_FIELDS, missingTypes) }),
  component(OWN_COMPONENT, { mappings: mappingOf(WAYWARD_FIELDS, missingTypes) }),
  ...DATA_STREAMS.flatMap((stream) => forDataStream(stream, lifecycle)),
  ...forLatest(),
];

function forDataStream(stream: DataStream, lifecycle: boolean): Template[] {
  const { type, refresh, retention } = STREAMS[stream];
  const dataset = `${type}-wayward.${stream}`;
  return [
    component(`${dataset}-settings`, {
      ...settings(refresh),
      ...(lifecycle && { lifecycle: { enabled: true, data_retention: retention } }),
    }),
    index(dataset, `${dataset}-*`, { data_stream: { hidden: false, allow_custom_routing: false } }),
  ];
}

const forLatest = (): Template[] => [
  component(`${LATEST}-settings`, settings(STREAMS.alert.refresh)),
  index(LATEST, LATEST, {}),
];

const settings = (refresh: string) => ({ settings: { index: { refresh_interval: refresh } } });

const component = (name: string, template: Readonly<Record<string, unknown>>): Template => ({
  kind: 'component_template',
  name,
  body: { template, _meta: META },
});

/** Last comes `…@custom`, which is the user's own: shards, retention, what a site wants otherwise. */
const index = (name: string, pattern: string, more: Readonly<Record<string, unknown>>): Template => ({
  kind: 'index_template',
  name,
  body: {
    index_patterns: [pattern],
    composed_of: [ECS_COMPONENT, OWN_COMPONENT, `${name}-settings`, `${name}@custom`],
    ignore_missing_component_templates: [`${name}@custom`],
    priority: PRIORITY,
    _meta: META,
    ...more,
  },
});
