import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../../src/programs/run-command.ts'

const packageFolder = join(import.meta.dirname, '../..')
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js')
const SECONDS = 8

it('crawls with workers of the built package, one of which is killed, and finds each node once', async () => {
  // Where it finds its dependencies, and nobody takes it for the project's.
  const modules = join(packageFolder, 'node_modules')
  await mkdir(modules, { recursive: true })
  const folder = await mkdtemp(join(modules, '.built-'))
  try {
    await runCommand([process.execPath, tsup, '--out-dir', folder, '--no-dts', '--no-sourcemap'], {
      cwd: packageFolder,
    })
    // The other packages are not built: they are taken as they are.
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), '--conditions=@sapwood/source']
    const sizes = ['--listeners', '40', '--deadline', String(SECONDS)]
    const table = await runCommand([...node, join(folder, 'installer.js'), 'fleet', ...sizes])
    const row = (name: string): string[] =>
      new RegExp(`${name} .*`)
        .exec(table)![0]
        .split('│')
        .map((cell) => cell.trim())
    const ends = ['w1', 'w2', 'w3'].map((name) => row(name)[5])
    expect(ends.filter((end) => end === 'killed (SIGKILL)')).toHaveLength(1)
    // 36 that are honest, and two of the four others: they flood.
    expect(row('together')[1]).toBe('38')
    expect([row('w1'), row('w2'), row('w3')].reduce((sum, [, found]) => sum + Number(found), 0)).toBe(38)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('says what it does not understand', async () => {
  const installer = join(packageFolder, 'src/cli/installer.ts')
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), '--conditions=@sapwood/source']
  await expect(runCommand([...node, installer, 'fleet', '--workers', '1'])).rejects.toMatchObject({
    exit: { code: 2 },
  })
})
