import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const folder = mkdtempSync(join(tmpdir(), 'sapwood-lint-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Refusal {
  readonly line: number
  readonly ruleId: string | null
}

/**
 * Lints lines as if the public surface of a package held them, and says by line which rules refused each.
 * ESLint runs as a command, as it does for `npm run lint`: the layer rule reads another graph when it does
 * not.
 */
async function refusals(name: string, lines: readonly string[]): Promise<string[][]> {
  const eslint = join(root, 'node_modules/eslint/bin/eslint.js')
  const file = `packages/${name}/src/index.ts`
  // Not from its standard output, which is open to whatever any part of it has to say.
  const answer = join(folder, `${name}.json`)
  const child = spawn(
    process.execPath,
    [eslint, '--stdin', '--stdin-filename', file, '-f', 'json', '-o', answer],
    { cwd: root, stdio: ['pipe', 'inherit', 'inherit'] },
  )
  child.stdin.end(lines.join('\n'))
  await once(child, 'close')
  const [{ messages }] = JSON.parse(readFileSync(answer, 'utf8')) as [{ messages: Refusal[] }]
  return lines.map((_, index) =>
    messages.filter((message) => message.line === index + 1).map((message) => message.ruleId ?? 'error'),
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

describe('what the linter refuses', () => {
  it.each(Object.keys(forbiddenLayers))(
    'in %s: upper layers, the environment by way of the transport, an ambient clock, randomness and DNS, and Node.js modules where any runtime is promised',
    async (name) => {
      const violations: (readonly [line: string, rule: string])[] = [
        ...forbiddenLayers[name]!.map(
          (layer) => [`export * from '@sapwood/${layer}'`, '@nx/enforce-module-boundaries'] as const,
        ),
        ...ambient.map(
          ([call, rule], index) => [`export const it${index}: unknown = ${call}`, rule] as const,
        ),
        [`export type { Clock } from '@sapwood/transport-v1v2'`, 'no-restricted-imports'],
        [`export { lookup } from 'node:dns'`, '@typescript-eslint/no-restricted-imports'],
        [`export { setTimeout } from 'node:timers/promises'`, '@typescript-eslint/no-restricted-imports'],
        [`export { randomBytes } from 'node:crypto'`, '@typescript-eslint/no-restricted-imports'],
        ...(neutral.includes(name)
          ? [[`export { rm } from 'node:fs'`, '@typescript-eslint/no-restricted-imports'] as const]
          : []),
      ]
      const found = await refusals(
        name,
        violations.map(([line]) => line),
      )
      violations.forEach(([line, rule], index) => {
        expect(found[index], line).toContain(rule)
      })
    },
  )
})
