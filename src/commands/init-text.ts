import { isAbsolute, relative, resolve } from 'node:path';
import { Document, isCollection, isMap, isSeq } from 'yaml';
import { commented } from '../discovery/registry-text.ts';
import type { IdentitySource } from '../formats/http.ts';
import { formats as builtIn } from '../formats/registry.ts';
import { PROOF } from '../proof.ts';
import type { LookedAt } from './look-at-logs.ts';

const number = (count: number): string => count.toLocaleString('en-US');

/** A first wayward.yaml: what was found, and what there is to decide next. */
export function configText(
  logs: readonly LookedAt[],
  folder: string,
  identity: IdentitySource | undefined,
  credentials: string,
): string {
  const usable = logs.filter(({ counts }) => counts.events > 0);
  const guessed = usable.flatMap((log) => (log.guessed === undefined ? [] : [{ ...log.guessed, name: log.name }]));
  return `# Made by wayward init from your logs. Every setting: docs/configuration.md
sources:
${usable.map((log) => sourceText(log, folder, identity)).join('')}${logs
  .filter((log) => !usable.includes(log))
  .map(({ name, advice }) => `  # Not used: ${commented(name)}: ${advice ?? 'no record of it could be used.'}\n`)
  .join(
    '',
  )}${guessed.length === 0 ? '' : `\n# Guessed from the records: look at each line. docs/formats-language.md\nformats:\n${guessed.map(formatText).join('')}`}
credentials: ${scalar(within(folder, credentials))}

# Nothing is ever revoked in dry-run: alerts say what would be done. Then approve, then auto: docs/response.md
response:
  mode: dry-run

# Health and metrics of wayward run: docs/operations.md
# http: { port: 9464 }

# Where alerts go besides the local store: docs/elasticsearch.md
# elasticsearch: { url: "https://localhost:9200", api_key: "secret://env/WAYWARD_ELASTICSEARCH_KEY" }
`;
}

function sourceText(
  { name, format, guessed, counts }: LookedAt,
  folder: string,
  identity: IdentitySource | undefined,
): string {
  const what = guessed === undefined ? (format ?? 'several formats') : `${guessed.spec.id}, see below`;
  const isWhole = /\.(gz|zst|bz2)$/.test(name);
  return [
    `  # ${what}; ${number(counts.events)} of its first ${number(counts.records)} records are uses of credentials`,
    `  - file: ${scalar(within(folder, name))}`,
    ...(isWhole ? ['    follow: false'] : []),
    ...(guessed === undefined ? [] : [`    format: ${guessed.spec.id}`]),
    ...(asksForProof(counts.proofs) && identity === undefined && guessed === undefined
      ? [
          '    # Nothing proves the names in it. If the server looks them up by the key that it checked, write identity: from-key-map;',
          '    # if it logs a name only once that was authenticated, identity: authenticated. docs/configuration.md',
        ]
      : []),
    ...(identity !== undefined && isHttp(counts.proofs) ? [`    identity: ${identity}`] : []),
    '',
  ].join('\n');
}

/** Whether `identity:` would say more of a log whose identities rest on this. */
export const asksForProof = (proofs: Readonly<Record<string, number>>): boolean =>
  [PROOF.request.by, PROOF.undeclared.by].some((by) => proofs[by] !== undefined);

const isHttp = (proofs: Readonly<Record<string, number>>): boolean =>
  asksForProof(proofs) || [PROOF.keyMap.by, PROOF.authenticated.by].some((by) => proofs[by] !== undefined);

function formatText({ spec, doubts, name }: NonNullable<LookedAt['guessed']> & { readonly name: string }): string {
  const lines = yamlOf([spec]).trimEnd().split('\n');
  const about = [`of ${commented(name)}; wayward parse --explain shows how each record is read`, ...doubts];
  return [...about.map((line) => `  # ${line}`), ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/** A field of the format a line, as people write it. */
function yamlOf(formats: readonly unknown[]): string {
  const document = new Document(formats);
  if (isSeq(document.contents))
    for (const format of document.contents.items)
      if (isMap(format)) for (const { value } of format.items) if (isCollection(value)) value.flow = true;
  return document.toString({ lineWidth: 0 });
}

/** As it is written beside the configuration; elsewhere whole. */
function within(folder: string, file: string): string {
  const short = relative(folder, resolve(file));
  return short.startsWith('..') || isAbsolute(short) ? resolve(file) : short;
}

const scalar = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));

/** What to switch on, or to know, at the servers whose logs these are: a line each. */
export function switchOnLines(logs: readonly LookedAt[]): string[] {
  const ids = new Set(logs.flatMap(({ format }) => format ?? []));
  return builtIn.flatMap(({ id, about }) =>
    about === undefined || !ids.has(id)
      ? []
      : [`${id}: switched on by ${about.switchOn}. It can't tell ${about.cannotTell}`.replace(/\.?$/, '.')],
  );
}
