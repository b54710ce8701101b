// The dependency rules of the house, one table per storey. docs/architecture.md explains them.

/** What each part of the simulator may import, besides itself. */
const SIMULATOR = {
  base: [],
  // what packets meet
  packet: ['base'],
  trace: ['base', 'packet'],
  linux: ['base', 'packet', 'trace'],
  // what was asked for
  api: ['base'],
  apiserver: ['base', 'api'],
  controllers: ['base', 'api', 'apiserver'],
  policy: ['base', 'api'],
  // where the two meet
  node: ['base', 'packet', 'trace', 'linux', 'api', 'apiserver', 'policy'],
  workloads: ['base', 'packet', 'trace', 'linux', 'api', 'apiserver'],
  outside: ['base', 'packet', 'trace', 'linux', 'api', 'apiserver'],
};

/** What each feature under lib/ may import, besides itself and the FOUNDATIONS. */
const FEATURES = {
  content: ['simulator'],
  quizzes: ['content', 'review'],
  exercises: ['content', 'simulator', 'review'],
  incidents: ['content', 'simulator', 'exercises', 'review'],
  interviews: ['content', 'simulator', 'review'],
  review: [],
  progress: ['content', 'quizzes', 'exercises', 'incidents', 'interviews', 'review'],
  authoring: ['content', 'simulator', 'quizzes', 'exercises', 'interviews'],
  search: ['content'],
  sandbox: ['simulator'],
};

/** Rooms of lib/ that any feature may use. */
const FOUNDATIONS = ['db', 'auth', 'env', 'confined'];

const SIM = '^lib/simulator/';
const TEST =
  '\\.(test|bench)\\.tsx?$|^lib/[^/]+/testing/|^lib/simulator/(conformance|kernel-check|kubectl-check|patch-check|cni-check|resolver-check)/';
/** The Node side of `sim serve`. */
const SERVE = '^lib/simulator/serve/';
const oneOf = (names) => `(${names.join('|')})`;

const simulatorLayers = Object.entries(SIMULATOR).map(([layer, allowed]) => ({
  name: `simulator-${layer}`,
  severity: 'error',
  from: { path: `${SIM}${layer}/`, pathNot: TEST },
  to: { path: SIM, pathNot: `${SIM}(${oneOf([layer, ...allowed])}/|cluster-options\\.ts$)` },
}));

const featureSlices = Object.entries(FEATURES).map(([feature, allowed]) => ({
  name: `feature-${feature}`,
  severity: 'error',
  from: { path: `^lib/${feature}/`, pathNot: TEST },
  to: { path: '^lib/', pathNot: `^lib/${oneOf([feature, ...allowed, ...FOUNDATIONS])}/` },
}));

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'simulator-is-closed',
      comment:
        'The core depends on nothing but itself: no node:, no app, no npm but the packages admitted by name.',
      severity: 'error',
      from: { path: SIM, pathNot: `${TEST}|${SERVE}|\\.cli\\.ts$` },
      to: { pathNot: `${SIM}|^node_modules/(yaml|@noble/hashes)/` },
    },
    {
      name: 'the-core-knows-no-server',
      comment: 'serve/ runs on Node: commands and their tests alone may enter it.',
      severity: 'error',
      from: { pathNot: `${TEST}|${SERVE}|\\.cli\\.ts$` },
      to: { path: SERVE },
    },
    {
      name: 'simulator-has-its-doors',
      comment:
        'Import #lib/simulator/index.ts, in a page its parts page.ts, terminal.ts, story.ts and policies.ts, never a file behind them.',
      severity: 'error',
      from: { pathNot: SIM },
      to: { path: SIM, pathNot: `${SIM}((index|page|terminal|story|policies)\\.ts$|testing/)` },
    },
    {
      name: 'simulator-folder-not-in-the-table',
      severity: 'error',
      from: {
        path: `${SIM}(?!${oneOf([...Object.keys(SIMULATOR), 'shell', 'view', 'scenario', 'testing', 'conformance', 'bench', 'kernel-check', 'kubectl-check', 'patch-check', 'cni-check', 'resolver-check', 'serve'])}/)[^/]+/`,
      },
      to: {},
    },
    {
      name: 'lib-folder-not-in-the-table',
      severity: 'error',
      from: {
        path: `^lib/(?!${oneOf([...Object.keys(FEATURES), ...FOUNDATIONS, 'simulator'])}/)[^/]+/`,
      },
      to: {},
    },
    ...simulatorLayers,
    {
      name: 'shell-and-view-know-no-scenario',
      comment:
        'cluster <- shell, view <- scenario: a scenario replays commands, a command never asks which exercise it is in.',
      severity: 'error',
      from: { path: `${SIM}(shell|view|cluster\\.ts)`, pathNot: '\\.test\\.ts$' },
      to: { path: `${SIM}scenario/` },
    },
    {
      name: 'cluster-knows-no-tools',
      severity: 'error',
      from: { path: `${SIM}cluster\\.ts$` },
      to: { path: `${SIM}(shell|view)/` },
    },
    {
      name: 'pod-programs-are-strangers',
      comment: 'Programs in pods share only the L7 proxy engine.',
      severity: 'error',
      from: { path: `${SIM}workloads/([^/]+)/`, pathNot: TEST },
      to: { path: `${SIM}workloads/[^/]+/`, pathNot: `${SIM}workloads/($1|l7-proxy)/` },
    },
    ...featureSlices,
    {
      name: 'lib-knows-no-ui',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(app|components)/' },
    },
    {
      name: 'pure-files-stay-pure',
      comment: 'In lib/, only a .server.ts or a .cli.ts file may import a .server.ts file.',
      severity: 'error',
      from: { path: '^lib/', pathNot: `\\.(server|cli)\\.ts$|${TEST}` },
      to: { path: '\\.server\\.ts$' },
    },
    {
      name: 'components-know-no-routes',
      severity: 'error',
      from: { path: '^components/' },
      to: { path: '^app/' },
    },
    {
      name: 'ui-kit-knows-no-domain',
      severity: 'error',
      from: { path: '^components/ui/' },
      to: { path: '^(lib|components/(?!ui/))' },
    },
    {
      name: 'components-take-only-types-from-the-simulator',
      comment: 'The cluster runs in a worker; a page must not carry it.',
      severity: 'error',
      from: { path: '^(components|app)/', pathNot: TEST },
      to: { path: SIM, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'components-never-reach-server-code',
      comment: 'Not even through three other files.',
      severity: 'error',
      from: { path: '^components/' },
      to: { path: '\\.server\\.ts$', reachable: true },
    },
    {
      name: 'only-db-touches-prisma',
      severity: 'error',
      from: { pathNot: '(^lib/db/|^prisma/)' },
      to: { path: '^lib/db/generated/|@prisma/client', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { pathNot: `${TEST}|^e2e/|^prisma/seed` },
      to: { path: TEST },
    },
  ],
  required: [
    {
      name: 'server-files-say-so',
      severity: 'error',
      module: { path: '^lib/.*\\.server\\.ts$' },
      to: { path: 'server-only' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^lib/db/generated/'] },
    exclude: { path: '(^|/)\\.next/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
