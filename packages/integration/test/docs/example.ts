import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../../src/programs/run-command.ts'

const root = resolve(import.meta.dirname, '../../../..')
/** Milliseconds until an example that does not end is ended: a busy machine takes its time. */
const RUN_TIMEOUT = 240_000

/** The code block that follows a marker of its name in a file of this repository. */
export async function exampleIn(file: string, name: string): Promise<string> {
  const text = await readFile(join(root, file), 'utf8')
  const code = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  if (code === undefined) throw new Error(`${file} has no example named ${name}`)
  return code
}

/** Lines of an example. */
export const lines = (code: string): number => code.trim().split('\n').length

/** Runs an example as a program of somebody else. @returns what it prints. */
export async function runExample(code: string, nodeOptions: readonly string[] = []): Promise<string> {
  return await withFiles({ 'example.mts': code }, (folder) => {
    const fromSource = ['--conditions=@sapwood/source', '--import', 'tsx']
    const command = [process.execPath, ...fromSource, ...nodeOptions, join(folder, 'example.mts')]
    return runCommand(command, { timeout: RUN_TIMEOUT })
  })
}

/**
 * Type-checks examples as programs of somebody else, all of them at once: nearly all that takes is for the
 * packages, and is the same for each.
 * @param examples By the names of their files, without an ending.
 * @returns what the compiler says: nothing, where they are right.
 */
export async function typeCheckExamples(examples: ReadonlyMap<string, string>): Promise<string> {
  const files = Object.fromEntries([...examples].map(([name, code]) => [`${name}.mts`, code]))
  const tsconfig = { extends: '../../tools/tsconfig/node.json', files: Object.keys(files) }
  return await withFiles({ ...files, 'tsconfig.json': JSON.stringify(tsconfig) }, async (folder) => {
    const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]
    const compiler = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    compiler.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const [code] = (await once(compiler, 'close')) as [number | null]
    return said === '' && code !== 0 ? `the compiler ended with ${String(code)}` : said
  })
}

async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  // Below the root, so that the packages are found as they are by a program that has installed them.
  await mkdir(join(root, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(root, '.cache/example-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
