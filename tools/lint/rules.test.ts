import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const folder = mkdtempSync(join(tmpdir(), 'sapwood-lint-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Refusal {
  readonly line: number
  readonly ruleId: string | null
}

/**
 * Lints lines as if the public surface of packages held them, and says by line which rules refused each. All
 * in one process: most of what it takes is to load ESLint and the types of the packages.
 */
async function refusals(
  packages: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, string[][]>> {
  // Not from its standard output, which is open to whatever any part of it has to say.
  const answer = join(folder, 'found.json')
  const script = join(import.meta.dirname, 'lint-texts.mjs')
  const child = spawn(process.execPath, [script, answer], {
    cwd: root,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const fileOf = (name: string): string => `packages/${name}/src/index.ts`
  const texts = Object.fromEntries([...packages].map(([name, lines]) => [fileOf(name), lines.join('\n')]))
  child.stdin.end(JSON.stringify(texts))
  await once(child, 'close')
  const found = JSON.parse(readFileSync(answer, 'utf8')) as Record<string, readonly Refusal[]>
  const refused = (name: string, line: number): string[] =>
    found[fileOf(name)]!.filter((message) => message.line === line).map(({ ruleId }) => ruleId ?? 'error')
  return new Map(
    [...packages].map(([name, lines]) => [name, lines.map((_, index) => refused(name, index + 1))]),
  )
}

const neutral = ['wire-codec', 'transport-v1v2', 'peer', 'node']
const forbiddenLayers: Record<string, readonly string[]> = {
  'wire-codec': ['transport-v1v2', 'proxy', 'peer', 'node', 'integration'],
  'transport-v1v2': ['proxy', 'peer', 'node', 'integration'],
  proxy: ['peer', 'node', 'integration'],
  peer: ['proxy', 'node', 'integration'],
  node: ['integration'],
}
const ambient = [
  ['Date.now()', 'no-restricted-syntax'],
  ['new Date()', 'no-restricted-syntax'],
  ['Math.random()', 'no-restricted-syntax'],
  ['performance.now()', 'no-restricted-syntax'],
  ['AbortSignal.timeout(1)', 'no-restricted-syntax'],
  ['Date()', 'no-restricted-syntax'],
  ['process.hrtime()', 'no-restricted-syntax'],
  ['Atomics.wait(new Int32Array(1), 0, 0, 1)', 'no-restricted-syntax'],
  ['globalThis.setTimeout(() => undefined, 1)', 'no-restricted-syntax'],
  ['(socket: { setTimeout(after: number): void }) => socket.setTimeout(1)', 'no-restricted-syntax'],
  ['(server: { keepAliveTimeout: number }) => (server.keepAliveTimeout = 1)', 'no-restricted-syntax'],
  ['(connect: (to: object) => void) => connect({ port: 1, timeout: 1 })', 'no-restricted-syntax'],
  ['setTimeout(() => undefined, 1)', 'no-restricted-globals'],
  ['setInterval(() => undefined, 1)', 'no-restricted-globals'],
  ['crypto.getRandomValues(new Uint8Array(1))', 'no-restricted-globals'],
] as const

function violationsIn(name: string): readonly (readonly [line: string, rule: string])[] {
  return [
    ...forbiddenLayers[name]!.map(
      (layer) => [`export * from '@sapwood/${layer}'`, '@nx/enforce-module-boundaries'] as const,
    ),
    ...ambient.map(([call, rule], index) => [`export const it${index}: unknown = ${call}`, rule] as const),
    [`export type { Clock } from '@sapwood/transport-v1v2'`, 'no-restricted-imports'],
    [`export { lookup } from 'node:dns'`, '@typescript-eslint/no-restricted-imports'],
    [`export { setTimeout } from 'node:timers/promises'`, '@typescript-eslint/no-restricted-imports'],
    [`export { randomBytes } from 'node:crypto'`, '@typescript-eslint/no-restricted-imports'],
    ...(neutral.includes(name)
      ? [[`export { rm } from 'node:fs'`, '@typescript-eslint/no-restricted-imports'] as const]
      : []),
  ]
}

describe('what the linter refuses', () => {
  const names = Object.keys(forbiddenLayers)
  let found: ReadonlyMap<string, string[][]> = new Map()
  beforeAll(async () => {
    found = await refusals(new Map(names.map((name) => [name, violationsIn(name).map(([line]) => line)])))
  }, 600_000)

  it.each(names)(
    'in %s: upper layers, the environment by way of the transport, an ambient clock, randomness and DNS, and Node.js modules where any runtime is promised',
    (name) => {
      for (const [index, [line, rule]] of violationsIn(name).entries())
        expect(found.get(name)![index], line).toContain(rule)
    },
  )
})
