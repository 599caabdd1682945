/**
 * The one-way path of ARCHITECTURE.md as rules. Each stage knows only what lies to its left, and of that
 * only the types and the small contract modules; nothing ever looks to the right.
 */

/** Left to right. Sinks and response both follow alerts; sinks stand last, since they also write down what response did. */
const STAGES = [
  'sources',
  'formats',
  'attribution',
  'baselines',
  'detectors',
  'alerts',
  'response',
  'revokers',
  'sinks',
];

/** Pure: state in, events in; state out, findings out. The same code runs in `scan`, `run`, a backtest and inline tests. */
const CORE = '^src/(formats|attribution|baselines|detectors|alerts|documents)/';

/** Words shared by all stages: types, with a few constants beside them. */
const CONTRACTS = [
  '^src/sources/(source|dead-letter)[.]ts$',
  '^src/formats/(format|redact|excerpt)[.]ts$',
  '^src/attribution/(attributed|credential)[.]ts$',
  // The limits that a credential declares, read once and asked often.
  '^src/attribution/(scopes|schedule|networks|hygiene)[.]ts$',
  // How people write names that are meant by pattern.
  '^src/attribution/glob[.]ts$',
  '^src/detectors/finding[.]ts$',
  '^src/alerts/(alert|stored|verdict)[.]ts$',
  '^src/response/action[.]ts$',
];

/** A stage's own configuration file (registry, detectors) is read by its `…-file.ts`, at the start and from outside. */
const CONFIG_FILE = '-file[.]ts$';

/** What any configuration is written with, such as `90d` or a secret's reference; the rest of config/ knows all stages. */
const CONFIG_WORDS = '^src/config/(duration|instant|nearest|located|explain-issue|yaml-file|secrets|named-spec)[.]ts$';

/** What starts a server, or Wayward itself, as a process of its own. */
const OWN_PROCESSES =
  '^test/(servers/(chromium|collector|elasticsearch|envoy|kafka|mariadb|moto|nginx|postgres|vault)|live/wayward|cli/process)[.]ts$';

const folders = (names) => `^src/(${names.join('|')})/`;

/** One rule a stage: what lies to its right is out of reach, even its types. */
const nothingToTheRight = STAGES.slice(0, -1).map((stage, index) => ({
  name: `${stage}-looks-right`,
  comment: `Data flows left to right: ${stage}/ must not know the stages after it.`,
  severity: 'error',
  from: { path: `^src/${stage}/` },
  to: { path: folders(STAGES.slice(index + 1)) },
}));

/** One rule a stage: of what lies to its left, types and contract modules only. */
const onlyTypesFromTheLeft = STAGES.slice(1).map((stage, index) => ({
  name: `${stage}-runs-earlier-stage`,
  comment: `${stage}/ takes what earlier stages hand over; pipeline/ is what calls them.`,
  severity: 'error',
  from: { path: `^src/${stage}/` },
  to: {
    path: folders(STAGES.slice(0, index + 1)),
    // Baselines are the mathematics of detectors: one stage in two folders.
    pathNot: [...CONTRACTS, ...(stage === 'detectors' ? ['^src/baselines/'] : [])],
    dependencyTypesNot: ['type-only'],
  },
}));

module.exports = {
  forbidden: [
    ...nothingToTheRight,
    ...onlyTypesFromTheLeft,
    {
      name: 'stages-know-no-shell',
      comment: 'Stages are called; they do not reach for what assembles, shows or simulates them.',
      severity: 'error',
      from: { path: folders(STAGES) },
      to: {
        path: folders(['operator', 'pipeline', 'commands', 'config', 'console', 'simulate', 'ops']),
        pathNot: CONFIG_WORDS,
      },
    },
    {
      name: 'core-is-pure',
      comment: 'From formats to alerts there is no I/O: of Node only hashing and bytes.',
      severity: 'error',
      // networks.ts takes BlockList from node:net, which only computes; postgres-statement.ts tells node:v8 how to compile its grammar.
      from: { path: CORE, pathNot: '^src/(attribution/networks|formats/postgres-statement)[.]ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    },
    {
      name: 'core-uses-no-client',
      comment:
        'From formats to alerts there is no I/O: no clients, no logger, no command line, no file globs, no secret store.',
      severity: 'error',
      from: { path: CORE },
      to: { path: ['node_modules/(@types/)?(pg|pino|commander|tinyglobby)/', '^src/config/secrets[.]ts$'] },
    },
    {
      name: 'core-reads-no-file',
      comment: 'Files of configuration are read from outside and handed in.',
      severity: 'error',
      from: { path: CORE, pathNot: CONFIG_FILE },
      to: { path: `^src/.*${CONFIG_FILE}`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'simulation-is-apart',
      comment: 'Logs made by the code that reads them would prove nothing.',
      severity: 'error',
      from: { path: '^src/simulate/' },
      to: { path: folders(STAGES), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shared-is-a-leaf',
      comment: 'A file in src/ itself is a word shared by all: it knows stages by type at most.',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$', pathNot: '^src/cli[.]ts$' },
      to: { path: '^src/[^/]+/', pathNot: CONTRACTS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'commands-are-the-outside',
      comment: 'A command is run by the command line and nothing else.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|cli[.]ts$)' },
      to: { path: '^src/(commands/|cli[.]ts$)' },
    },
    {
      name: 'metrics-have-one-place',
      comment: 'What tells of itself does so through src/ops/telemetry.ts, and does not know who listens.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(ops/|commands/ops[.]ts$|config/wayward-yaml[.]ts$)' },
      to: { path: ['^src/ops/', 'node_modules/prom-client/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'drills-and-rotation-are-called',
      comment:
        'drills/ and rotation/ work with response and its issuers; only the operator, the pipeline, a command, or the schema of a configuration knows them.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(drills|rotation|operator|pipeline|commands)/|^src/config/(wayward-yaml|registry-file)[.]ts$|^src/revokers/rotation[.]ts$',
      },
      to: { path: '^src/(drills|rotation)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'rotators-are-looked-up',
      comment:
        'The revoker that rotates takes rotators from their registry, as revokers are taken from theirs: it orders and schedules nothing there.',
      severity: 'error',
      from: { path: '^src/revokers/' },
      to: { path: '^src/rotation/', pathNot: '^src/rotation/registry[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'drills-and-rotation-call-response-only',
      comment:
        'A drill or a rotation needs response, revokers and the words of configuration; it knows no logs, no alerts, and no screen.',
      severity: 'error',
      from: { path: '^src/(drills|rotation)/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/(drills|rotation|response|revokers)/', CONFIG_WORDS, ...CONTRACTS],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'approvals-are-outside',
      comment:
        'The page behind a link shows response to a browser: a command puts it up, and of the rest it knows response only.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(approvals|commands)/' },
      to: { path: '^src/approvals/' },
    },
    {
      name: 'approvals-know-response-only',
      comment: 'The page behind a link decides nothing itself, and calls nobody.',
      severity: 'error',
      from: { path: '^src/approvals/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/(approvals|response)/', '^src/formats/shown[.]ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'kafkajs-has-one-place',
      comment: 'Its client can be replaced where it stands behind our own types; even its types stay inside.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kafka/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'pipeline-knows-no-screen',
      comment: 'The pipeline runs the same behind every command: what is shown is the business of the command.',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: { path: '^src/console/' },
    },
    {
      name: 'no-cycle',
      comment: 'A cycle means that two files are one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphan',
      comment: 'A file that nobody uses and that uses nobody is a leftover.',
      severity: 'error',
      // Declarations of types are used by the name of what they declare.
      from: { orphan: true, path: '^src/', pathNot: '^src/cli[.]ts$|[.]d[.]ts$' },
      to: {},
    },
    {
      name: 'src-knows-no-test',
      comment: 'What ships must not need tests, benchmarks or scripts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'src-needs-no-dev-dependency',
      comment: 'What ships must run after `npm ci --omit=dev`.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'unit-tests-start-no-server',
      comment:
        'A test that starts a server or a process, or reaches a file that does, is named `….servers.test.ts`: it runs after the quick ones.',
      severity: 'error',
      from: { path: '^test/.*[.]test[.]ts$', pathNot: '[.]servers[.]test[.]ts$' },
      to: { path: OWN_PROCESSES, reachable: true },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads to a file, a built-in or an installed package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Also sees `import type`, so that rules can tell types from values.
    tsPreCompilationDeps: true,
    builtInModules: { add: ['node:sqlite', 'sqlite'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
