import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { asWhoeverMayNotWrite } from '../../test/support/as-whoever-may-not-write.ts'
import { makeFolder } from './make-folder.node.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../test/support/make-folder-child.ts', import.meta.url))

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-folder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/**
 * In a process of its own, which is killed where it does not end: the thread that hangs would be one of ours.
 * @returns `made`, or the code of the error.
 */
async function makeElsewhere(path: string, before: readonly string[] = []): Promise<string> {
  const source = ['--import', 'tsx', '--conditions=@sapwood/source']
  const limits = { timeout: 20_000, killSignal: 'SIGKILL' } as const
  const [program, ...args] = [...before, process.execPath, ...source, PROGRAM, path]
  const { stdout } = await run(program, args, limits)
  return stdout.trim()
}

it('makes those above it, too, and nothing where it is there', async () => {
  const path = join(folder, 'a/b/c')
  // Several at once, as the parts of a program do.
  await Promise.all([makeFolder(path), makeFolder(`${path}/`), makeFolder(join(path, '../d'))])
  expect((await readdir(join(folder, 'a/b'))).sort()).toEqual(['c', 'd'])
  const { ino } = await stat(path)
  await makeFolder(path)
  expect((await stat(path)).ino).toBe(ino)
  await symlink(path, join(folder, 'link'))
  await makeFolder(join(folder, 'link/e'))
  expect(await readdir(path)).toEqual(['e'])
})

it('is refused below /proc', async () => {
  for (const path of ['/proc/x', '/proc/x/y/z', '/proc/self/x'])
    expect([path, await makeElsewhere(path)]).toEqual([path, 'store-foreign'])
})

it('is refused at a file, below one, and at a link to nothing', async () => {
  const file = join(folder, 'file')
  await writeFile(file, 'text')
  const link = join(folder, 'link')
  await symlink(join(folder, 'nothing'), link)
  for (const path of [file, join(file, 'below'), join(file, 'far/below'), link]) {
    await expect(makeFolder(path)).rejects.toMatchObject({
      name: 'NodeError',
      code: 'store-foreign',
      detail: path,
      message: expect.stringContaining(path),
      cause: expect.any(Error),
    })
  }
})

it('is refused where nothing may be written', async () => {
  await chmod(folder, 0o555)
  expect(await makeElsewhere(join(folder, 'a'), asWhoeverMayNotWrite)).toBe('store-foreign')
  expect(await makeElsewhere(join(folder, 'a/b/c'), asWhoeverMayNotWrite)).toBe('store-foreign')
})
