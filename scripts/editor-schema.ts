import { z } from 'zod';
import { detectorSchema, overlaySchema, severityBits, severityName } from '../src/config/detector-schema.ts';
import { kinds } from '../src/detectors/registry.ts';

/** What an editor shows of a value: our own word for how to write it. */
const described = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  const { example } = jsonSchema;
  if (example === undefined) return;
  jsonSchema.description = `Such as ${example}`;
  delete jsonSchema.example;
};

/** What schemas refer to stands in one place for all of them, under names of their own. */
const definitions: Record<string, unknown> = {};

const schemaOf = (schema: z.ZodType, name = ''): z.core.JSONSchema.BaseSchema => {
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: described });
  const renamed = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', `"#/$defs/${name}-`)) as typeof made;
  const { $schema: _, $defs = {}, ...written } = renamed;
  for (const [own, definition] of Object.entries($defs)) definitions[`${name}-${own}`] = definition;
  return written;
};

/** The schema of detector files for editors: a whole detector, with the parameters of its kind, or a file that `extends` one. */
export function editorSchema(): object {
  const severities = { bits: schemaOf(severityBits), name: schemaOf(severityName) };
  const ofKind = kinds.map(({ id, title, baseline, parameters }) => ({
    if: { properties: { kind: { const: id } }, required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: {
      description: title,
      properties: {
        parameters: schemaOf(parameters, id),
        severity: { $ref: `#/$defs/${baseline ? 'bits' : 'name'}` },
      },
    },
  }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A detector of Wayward',
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: schemaOf(overlaySchema),
    else: { ...schemaOf(detectorSchema), allOf: ofKind },
    $defs: { ...severities, ...definitions },
  };
}
