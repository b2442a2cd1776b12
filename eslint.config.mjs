import { createProjectGraphAsync, readCachedProjectGraph } from '@nx/devkit'
import nx from '@nx/eslint-plugin'
import { defineConfig } from 'eslint/config'
import { readFileSync } from 'node:fs'
import tseslint from 'typescript-eslint'

/** From the bottom of the stack to its top: a package may import those before it, and none after. */
const layers = [
  'wire-codec',
  'utreexo',
  'transport-v1v2',
  'proxy',
  'peer',
  'node',
  'storage',
  'publish',
  'integration',
  'conform',
  'cli',
  'light-client',
]

/** `proxy` and `peer` stand beside each other: both build on the transport, neither knows the other. */
const allowed = (layer) =>
  layers
    .slice(0, layers.indexOf(layer))
    .filter((below) => !(layer === 'peer' && below === 'proxy'))
    .map((below) => `layer:${below}`)

// Without a project graph the rule of the layers is skipped, with a warning on standard output and nothing
// else: a clone in which no Nx command has run yet would be found in order.
try {
  readCachedProjectGraph()
} catch {
  await createProjectGraphAsync()
}

/** Code that has to run in any JavaScript runtime. */
const runtimeNeutral = ['packages/{wire-codec,utreexo,transport-v1v2,peer,node}/src/**/*.ts']
/** The parts of it that are Node.js's own: what stands behind `#crypto` and `#platform`, entries, tests. */
const nodeOnly = [
  '**/*.node.ts',
  'packages/transport-v1v2/src/{tcp,native}/**',
  'packages/node/src/blocks/check-workers/**',
  '**/*.test.ts',
]

/** What reads the machine's time or randomness, or waits by a timer of its own. */
const ambient = [
  ...[
    ['Date', 'now', 'the injected Clock'],
    ['performance', '/^(now|timeOrigin)$/', 'the injected Clock'],
    ['process', '/^(hrtime|uptime)$/', 'the injected Clock'],
    ['Math', 'random', 'the injected Random'],
    ['AbortSignal', 'timeout', 'a deadline on the injected Clock'],
    ['Atomics', '/^wait/', 'the injected Clock'],
    ['/^(globalThis|global|window|self)$/', '/^(set(Timeout|Interval|Immediate)|crypto|performance|Date)$/'],
  ].map(([object, property, instead = 'the injected Clock or Random']) => ({
    selector: `MemberExpression[object.name=${quoted(object)}][property.name=${quoted(property)}]`,
    message: `Ambient time or randomness: use ${instead}.`,
  })),
  ...[
    "NewExpression[callee.name='Date'][arguments.length=0]",
    "CallExpression[callee.name='Date']",
    // Those of sockets, servers and requests run on the machine's clock.
    "MemberExpression[property.name='setTimeout']",
    'AssignmentExpression > MemberExpression.left[property.name=/^(keepAlive|headers|request)Timeout$/]',
    'CallExpression[callee.name=/^(connect|createConnection|createServer|request|get|fetch)$/] > ' +
      'ObjectExpression > Property[key.name=/^(timeout|(keepAlive|headers|request)Timeout)$/]',
    "CallExpression[callee.property.name='createConnection'] > " +
      "ObjectExpression > Property[key.name='timeout']",
  ].map((selector) => ({ selector, message: 'Ambient time: use the injected Clock.' })),
]

/** As a selector has it: a pattern as it is, a name in quotes. */
function quoted(name) {
  return name.startsWith('/') ? name : `'${name}'`
}

const ambientGlobals = ['setTimeout', 'setInterval', 'setImmediate', 'crypto'].map((name) => ({
  name,
  message: 'Ambient time or randomness: use the injected Clock or Random.',
}))

const ambientModules = ['dns', 'dns/promises', 'timers', 'timers/promises', 'perf_hooks'].map((name) => ({
  name,
  message: 'Ambient DNS or time: use the injected Resolver or Clock.',
}))
const ambientCrypto = {
  name: 'crypto',
  importNames: ['getRandomValues', 'randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID'],
  message: 'Ambient randomness: use the injected Random.',
}

/** One way to leave out what is not there: `...(x !== undefined && { x })`. */
const absent = [
  'SpreadElement > ConditionalExpression[alternate.type=ObjectExpression][alternate.properties.length=0]',
  'SpreadElement > ConditionalExpression[consequent.type=ObjectExpression][consequent.properties.length=0]',
  // Of what may be 0 or empty it would leave out that, too.
  "SpreadElement > LogicalExpression[operator='&&'][left.type=Identifier][right.properties.0.shorthand=true]",
].map((selector) => ({ selector, message: 'Leave it out by ...(x !== undefined && { x }).' }))

/** One way to say how long. What is loaded before the packages can be found writes out the number. */
const durations = [
  "BinaryExpression[operator='*'] > Literal[raw=/^(60_?000|3_?600_?000|86_?400_?000)$/]",
  "BinaryExpression[operator='*'][right.raw=/^1_?000$/] > BinaryExpression[operator='*']",
  'VariableDeclarator > Identifier.id[name=/(_MS|Ms)$/]',
  'TSPropertySignature > Identifier.key[name=/Ms$/]',
].map((selector) => ({ selector, message: 'Milliseconds, by MINUTE, HOUR and DAY from a minute on.' }))

/** An error of another copy of a package is known by its brand. */
const brands = [
  {
    selector:
      "BinaryExpression[operator='instanceof']" +
      '[right.name=/^(Decode|Transport|Proxy|Peer|Node|Utreexo|Integration|WireAssertion|Driver)Error$/]',
    message: 'Ask isNodeError and its like: they know an error of another copy of the package, too.',
  },
]

/** What `@sapwood/transport-v1v2/environment` exports. */
const environment = readFileSync(
  new URL('packages/transport-v1v2/src/environment/index.ts', import.meta.url),
  'utf8',
)
  .replaceAll(/ from '.*'/g, '')
  .match(/\b(?!export\b|type\b)\w+/g)

export default defineConfig(
  { ignores: ['**/dist', '**/coverage', '**/node_modules', '**/.cache', '**/reports', '**/.stryker-tmp'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    files: ['packages/**/*.ts', 'tools/**/*.{ts,mjs}', '*.mjs'],
    rules: {
      'no-restricted-syntax': ['error', ...absent],
      // Biome breaks code, and leaves comments as they are.
      'max-len': [
        'error',
        { code: 1000, comments: 110, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'packages/*/test/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      // So that an import of the transport says that a transport is meant.
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@sapwood/transport-v1v2',
              importNames: environment,
              message: 'Its home is @sapwood/transport-v1v2/environment.',
            },
          ],
        },
      ],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // A package's own `imports` map, what a program of its tests does with its arguments or is bundled
          // by, the releases of Node.js, and the browser of all tests; never another package.
          allow: [
            '#crypto',
            '#platform',
            '../../../../tools/command-line/**',
            '../../../tools/bundle-child/**',
            '../../../../tools/bundle-child/**',
            '../../../../tools/differential/**',
            '../../../../tools/npm/other-nodes.ts',
            '../../integration/src/browser/chromium.ts',
          ],
          enforceBuildableLibDependency: true,
          banTransitiveDependencies: true,
          depConstraints: layers.map((layer) =>
            allowed(layer).length === 0
              ? { sourceTag: `layer:${layer}`, notDependOnLibsWithTags: ['*'] }
              : { sourceTag: `layer:${layer}`, onlyDependOnLibsWithTags: allowed(layer) },
          ),
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/default-*.ts', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...ambient, ...absent, ...brands, ...durations],
      'no-restricted-globals': ['error', ...ambientGlobals],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [...ambientModules, ambientCrypto].flatMap((path) => [
            path,
            { ...path, name: `node:${path.name}` },
          ]),
        },
      ],
    },
  },
  {
    files: runtimeNeutral,
    ignores: nodeOnly,
    rules: {
      'no-restricted-globals': [
        'error',
        ...ambientGlobals,
        { name: 'Buffer', message: 'Bytes are Uint8Array.' },
        'process',
        'require',
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(node:|(fs|net|tls|os|path|dns|crypto|stream|events|util|timers|buffer|url|http|https|zlib|worker_threads|child_process|perf_hooks)(/|$))',
              message: 'This package runs in any JavaScript runtime: no Node.js module here.',
            },
            {
              regex: '(\\.node\\.ts|^@sapwood/(proxy|transport-v1v2/(tcp|native))|^classic-level)$',
              allowTypeImports: true,
              message:
                'This package runs in any JavaScript runtime: Node.js has its own part behind #platform.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'packages/*/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.config.ts', '**/*.mjs', 'packages/*/bench/**', 'tools/**'],
    extends: [tseslint.configs.disableTypeChecked],
  },
)
