import { join, resolve } from 'node:path'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const eslint = new ESLint({ cwd: root })

/** Lints `text` as if a real file of a package held it, and says which rules refused it. */
async function refusals(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(root, file) })
  return result!.messages.map((message) => message.ruleId ?? message.message)
}

describe('what the linter refuses', () => {
  it.each([
    ['packages/wire-codec/src/index.ts', '@sapwood/peer'],
    ['packages/wire-codec/src/index.ts', '@sapwood/transport-v1v2'],
    ['packages/transport-v1v2/src/index.ts', '@sapwood/peer'],
    ['packages/proxy/src/index.ts', '@sapwood/node'],
    ['packages/peer/src/index.ts', '@sapwood/proxy'],
    ['packages/peer/src/index.ts', '@sapwood/node'],
    ['packages/node/src/index.ts', '@sapwood/integration'],
  ])('%s may not import %s', async (file, name) => {
    expect(await refusals(file, `export * from '${name}'\n`)).toContain('@nx/enforce-module-boundaries')
  })

  it.each(['wire-codec', 'transport-v1v2', 'peer'])('%s may not import a Node.js module', async (name) => {
    const rules = await refusals(`packages/${name}/src/index.ts`, `export * from 'node:fs'\n`)
    expect(rules).toContain('@typescript-eslint/no-restricted-imports')
  })

  it.each([
    ['Date.now()', 'no-restricted-syntax'],
    ['new Date()', 'no-restricted-syntax'],
    ['Math.random()', 'no-restricted-syntax'],
    ['performance.now()', 'no-restricted-syntax'],
    ['AbortSignal.timeout(1)', 'no-restricted-syntax'],
    ['setTimeout(() => undefined, 1)', 'no-restricted-globals'],
    ['setInterval(() => undefined, 1)', 'no-restricted-globals'],
    ['crypto.getRandomValues(new Uint8Array(1))', 'no-restricted-globals'],
  ])('no package may call %s on its own', async (call, rule) => {
    for (const name of ['wire-codec', 'transport-v1v2', 'proxy', 'peer', 'node', 'integration']) {
      expect(
        await refusals(`packages/${name}/src/index.ts`, `export const it: unknown = ${call}\n`),
      ).toContain(rule)
    }
  })

  it('no package may resolve a name on its own', async () => {
    const rules = await refusals('packages/node/src/index.ts', `export { lookup } from 'node:dns'\n`)
    expect(rules).toContain('@typescript-eslint/no-restricted-imports')
  })
})
