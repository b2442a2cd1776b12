/** A test runner that somebody else may use. */
export interface Runner {
  readonly name: string
  /** What it needs of npm, at the versions that were tried. */
  readonly packages: Readonly<Record<string, string>>
  /** What Node.js is given. */
  readonly args: readonly string[]
  /** What it prints of the test that fails with the fault that is put into the wallet. */
  readonly finds: RegExp
}

const JEST = '30.5.2'

/** Has nothing to be installed: what is run where there is little time. */
export const nodeTest: Runner = {
  name: 'node:test',
  packages: {},
  args: ['--test', 'wallet.test.mjs', 'bitcoind.test.mjs'],
  finds: /not ok \d+ - adds up|✖ adds up[\s\S]*(?:45000000000|50000000000|65000000000)/,
}

/** @param vitest the version that the repository itself tests with. */
export const runners = (vitest: string): readonly Runner[] => [
  nodeTest,
  {
    name: 'Vitest',
    packages: { vitest },
    args: ['node_modules/vitest/vitest.mjs', 'run', '--no-color'],
    finds: /FAIL {2}wallet\.spec\.mjs > adds up/,
  },
  {
    name: 'Jest',
    packages: { jest: JEST, '@jest/globals': JEST },
    args: ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--no-color'],
    finds: /● adds up/,
  },
  {
    name: 'Mocha',
    packages: { mocha: '12.0.3' },
    args: ['node_modules/mocha/bin/mocha.js', '--no-color', '--timeout', '60000', '*.mocha.mjs'],
    finds: /\d\) adds up[\s\S]*(?:45000000000|50000000000|65000000000)/,
  },
]
