import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { NEWCOMER_TASKS, ownImports, TASKS_FOLDER, unnamedImports } from './newcomer-tasks.ts'

const root = resolve(import.meta.dirname, '../..')
const readmeOf = (from: string): string =>
  readFileSync(join(root, 'packages', from.slice('@sapwood/'.length), 'README.md'), 'utf8')

it('there are twelve tasks, with a program for each and none besides', () => {
  expect(NEWCOMER_TASKS).toHaveLength(12)
  expect(NEWCOMER_TASKS.map(({ file }) => file).sort()).toEqual(readdirSync(TASKS_FOLDER).sort())
})

it.each(NEWCOMER_TASKS)("$title: the package's README names what it takes", ({ file }) => {
  expect(ownImports(file)).not.toEqual([])
  expect(unnamedImports(file, readmeOf)).toEqual([])
})

it('a name that no README has is found', () => {
  expect(
    unnamedImports('parse-addresses.mjs', () => 'formatPeerAddress, mainnet, parsePeerAddressOf'),
  ).toEqual(['parsePeerAddress of @sapwood/wire-codec'])
})
