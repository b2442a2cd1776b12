import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findProgram, type ProgramSpec } from '../../src/programs/find-program.ts'
import { runCommand } from '../../src/programs/run-command.ts'
import { DebianArchive } from './debian-archive.ts'

/** The first needs the others; apt asks for all three, and they come one after the other. */
const NAMES = ['sapwood-first', 'sapwood-second', 'sapwood-third'] as const
const CHILD = fileURLToPath(new URL('./installing-child.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-unfinished-'))
  // apt would ask a proxy of this machine, where it has one.
  vi.stubEnv('no_proxy', '127.0.0.1')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const cache = (): string => join(folder, 'cache')
const archives = (): string => join(cache(), 'downloads', `${NAMES[0]}.apt`, 'cache/archives')
const debOf = (name: string): string => join(archives(), `${name}_1.0_all.deb`)
const partOf = (name: string): string => join(archives(), 'partial', `${name}_1.0_all.deb`)

function specOf(archive: DebianArchive): ProgramSpec {
  const [name] = NAMES
  const executable = `usr/bin/${name}`
  return {
    name,
    debian: { packages: [name], executable, libraries: 'system', sources: [archive.source] },
  }
}

/** Which of the packages came whole, and which in part, when an installation was killed. */
interface Left {
  readonly whole: readonly string[]
  readonly part: string
}

/** Has a process install, and kills it when one package has come and another one in part. */
async function killInTheMiddle(archive: DebianArchive): Promise<Left> {
  const isThere = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
  const args = [JSON.stringify(specOf(archive)), cache()]
  const command = ['--import', 'tsx', '--conditions=@sapwood/source', CHILD, ...args]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    await vi.waitFor(
      () => {
        expect(child.exitCode).toBeNull()
        expect(NAMES.filter((name) => existsSync(debOf(name)))).toHaveLength(1)
        expect(NAMES.filter((name) => isThere(partOf(name)))).toHaveLength(1)
      },
      { timeout: 60_000, interval: 20 },
    )
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  await expect.poll(() => archive.isLeft()).toBe(true)
  return {
    whole: NAMES.filter((name) => existsSync(debOf(name))),
    part: NAMES.find((name) => isThere(partOf(name)))!,
  }
}

async function install(archive: DebianArchive): Promise<readonly string[]> {
  const said: string[] = []
  const program = await findProgram(specOf(archive), {
    cache: cache(),
    environment: { PATH: '' },
    onProgress: (line) => said.push(line),
  })
  expect(await runCommand(program.command)).toBe(`${NAMES[0]}\n`)
  expect(program.packages).toEqual(NAMES.map((name) => `${name}=1.0`))
  expect(readdirSync(join(cache(), 'downloads'))).toEqual([])
  for (const name of NAMES) {
    const licence = join(program.folder!, 'usr/share/doc', name, 'copyright')
    expect(readFileSync(licence, 'utf8')).toBe(`of ${name}`)
  }
  return said
}

describe('an installation of Debian packages that was killed', () => {
  it('is taken up again: what came whole is not asked for, and what came in part is continued', async () => {
    await using archive = await DebianArchive.start(folder, NAMES)
    archive.comesWhole = 1
    const { whole, part } = await killInTheMiddle(archive)
    archive.comesWhole = Infinity
    archive.asked.length = 0
    const said = await install(archive)
    expect(said).toContain('1 of 3 packages are there already')
    expect(archive.asked.map(({ name }) => name).sort()).toEqual(
      NAMES.filter((name) => !whole.includes(name)),
    )
    expect(archive.asked.find(({ name }) => name === part)!.from).toBeGreaterThan(0)
  })

  it('begins anew with what is not what it is to be', async () => {
    await using archive = await DebianArchive.start(folder, NAMES)
    archive.comesWhole = 1
    const { whole, part } = await killInTheMiddle(archive)
    // Of the right size, and another: apt would have taken it.
    writeFileSync(debOf(whole[0]!), Buffer.alloc(statSync(debOf(whole[0]!)).size, 7))
    writeFileSync(partOf(part), Buffer.alloc(1_000, 7))
    archive.comesWhole = Infinity
    archive.asked.length = 0
    const said = await install(archive)
    expect(said.some((line) => line.includes('there already'))).toBe(false)
    for (const name of NAMES) expect(archive.asked).toContainEqual({ name, from: 0 })
  })
})
