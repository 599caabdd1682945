import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A module, the jars that are its own, and the module that it builds on. */
interface EsqlModule {
  readonly name: string;
  readonly jars: readonly string[];
  readonly extends: string;
}

/** Once its folder is there, all are. */
export const LAST_MODULE = 'x-pack-esql';

/** Adds ES|QL to an unpacked distribution that came without: one module folder each, from the jars that Maven fetched. */
export function addEsql(home: string, library: string): void {
  const modules = join(home, 'modules');
  const shared = new Set(readdirSync(join(home, 'lib')));
  for (const module of esqlModules(readdirSync(library), shared)) install(module, library, modules);
}

function esqlModules(jars: readonly string[], shared: ReadonlySet<string>): EsqlModule[] {
  const like = (pattern: RegExp) => jars.filter((jar) => pattern.test(jar));
  const small = [
    { name: 'x-pack-esql-core', jars: like(/^x-pack-esql-core-/), extends: 'x-pack-core' },
    { name: 'mapper-version', jars: like(/^x-pack-mapper-version-/), extends: 'x-pack-core' },
    { name: 'x-pack-kql', jars: like(/^(x-pack-kql|antlr4-runtime)-/), extends: 'x-pack-core' },
  ];
  const taken = new Set(small.flatMap((module) => module.jars).filter((jar) => !jar.startsWith('antlr4-')));
  // A class that two jars have ("jar hell") stops the node: what lib/ or x-pack-core brings is left out.
  const rest = jars.filter(
    (jar) => !taken.has(jar) && !shared.has(jar) && !/^(slf4j|commons-codec|lucene-core)/.test(jar),
  );
  return [...small, { name: LAST_MODULE, jars: rest, extends: 'x-pack-esql-core' }];
}

function install({ name, jars, extends: base }: EsqlModule, library: string, modules: string): void {
  const unfinished = join(modules, `${name}.new`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  for (const jar of jars) copyFileSync(join(library, jar), join(unfinished, jar));
  const main = jars.find((jar) => new RegExp(`^(x-pack-)?${name}-\\d`).test(jar)) ?? '';
  const descriptor = execFileSync(
    'unzip',
    ['-p', join(library, main), 'META-INF/es-plugins/*/plugin-descriptor.properties'],
    { encoding: 'utf8' },
  );
  // Its own descriptor asks for lang-painless and x-pack-ml, too, which are not on Maven Central; ES|QL works without.
  const lines = descriptor.split('\n').filter((line) => !line.startsWith('#') && !line.startsWith('extended.plugins'));
  writeFileSync(
    join(unfinished, 'plugin-descriptor.properties'),
    [...lines, `extended.plugins=${base}`, ''].join('\n'),
  );
  rmSync(join(modules, name), { recursive: true, force: true });
  renameSync(unfinished, join(modules, name));
}
