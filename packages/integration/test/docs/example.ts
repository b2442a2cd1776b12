import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../../src/programs/run-command.ts'

const root = resolve(import.meta.dirname, '../../../..')

/** The code block that follows a marker of its name in a file of this repository. */
export async function exampleIn(file: string, name: string): Promise<string> {
  const text = await readFile(join(root, file), 'utf8')
  const code = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  if (code === undefined) throw new Error(`${file} has no example named ${name}`)
  return code
}

/** Lines of an example. */
export const lines = (code: string): number => code.trim().split('\n').length

/** Type-checks an example as a program of somebody else, and runs it. @returns what it prints. */
export async function runExample(code: string, nodeOptions: readonly string[] = []): Promise<string> {
  // Below the root, so that the packages are found as they are by a program that has installed them.
  await mkdir(join(root, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(root, '.cache/example-'))
  try {
    const file = join(folder, 'example.mts')
    await writeFile(file, code)
    const tsconfig = { extends: '../../tools/tsconfig/node.json', files: ['example.mts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    await runCommand([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
    const fromSource = ['--conditions=@sapwood/source', '--import', 'tsx']
    return await runCommand([process.execPath, ...fromSource, ...nodeOptions, file])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
