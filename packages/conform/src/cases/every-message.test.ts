import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SUITE_VERSION } from '../model/suite-version.ts'
import { allCases, listeningCases } from './all-cases.ts'

const TABLE = readFileSync(join(import.meta.dirname, '../../../../docs/peer-behaviour.md'), 'utf8')
const COMMANDS = new Set(Array.from(TABLE.matchAll(/^\| `([a-z0-9]+)`/gm), ([, command]) => command!))
COMMANDS.delete('unknown')

it('every message of our behaviour table has a case of its name', () => {
  expect(COMMANDS.size).toBeGreaterThan(45)
  const without = [...COMMANDS].filter((command) => {
    const word = new RegExp(`(^|/)(no-)?${command}([-/]|$)`)
    return !listeningCases.some(({ name }) => word.test(name))
  })
  expect(without).toEqual([])
})

it('each case is there since a version of the suite that there has been', () => {
  const versions = new Set(allCases.map(({ since }) => since))
  expect([...versions].sort()).toEqual(['0.1.0', '0.2.0', '0.3.0', SUITE_VERSION])
})
