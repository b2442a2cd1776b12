import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findProgram } from './find-program.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-find-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function makeExecutable(path: string): string {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, 0o755)
  return path
}

const name = 'sapwood-no-such-program'

describe('findProgram', () => {
  it('takes the variable before anything else, and nothing else where it is wrong', async () => {
    const chosen = makeExecutable(join(folder, 'chosen'))
    makeExecutable(join(folder, 'bin', name))
    const spec = { name, variable: 'CHOSEN' }
    const environment = { CHOSEN: chosen, PATH: join(folder, 'bin') }
    expect(await findProgram(spec, { environment })).toMatchObject({ origin: 'variable', command: [chosen] })
    const wrong = { ...environment, CHOSEN: join(folder, 'nothing') }
    await expect(findProgram(spec, { environment: wrong })).rejects.toMatchObject({
      code: 'program-not-found',
      message: expect.stringContaining('CHOSEN') as string,
    })
  })

  it('looks on PATH, by every name', async () => {
    const other = makeExecutable(join(folder, 'bin', `${name}-2`))
    const spec = { name, otherNames: [`${name}-2`] }
    const environment = { PATH: `relative:${join(folder, 'bin')}` }
    expect(await findProgram(spec, { environment, cache: folder })).toMatchObject({
      origin: 'path',
      command: [other],
    })
  })

  it('installs once, for however many ask at the same time', async () => {
    let installations = 0
    const spec = {
      name,
      install: async (into: string) => {
        installations += 1
        makeExecutable(join(into, 'bin/program'))
        return 'bin/program'
      },
    }
    const options = { environment: { PATH: '' }, cache: folder }
    const programs = await Promise.all([1, 2, 3, 4].map(() => findProgram(spec, options)))
    expect(installations).toBe(1)
    expect(programs.map(({ origin }) => origin).sort()).toEqual(['cache', 'cache', 'cache', 'installed'])
    expect(new Set(programs.map(({ command }) => command.join()))).toEqual(
      new Set([join(folder, name, 'bin/program')]),
    )
  })

  it('takes no folder for a program, on PATH or in the variable', async () => {
    mkdirSync(join(folder, 'first', name), { recursive: true })
    const real = makeExecutable(join(folder, 'second', name))
    const spec = { name, variable: 'CHOSEN' }
    const PATH = `${join(folder, 'first')}:${join(folder, 'second')}`
    expect(await findProgram(spec, { environment: { PATH }, cache: folder })).toMatchObject({
      command: [real],
    })
    const environment = { PATH, CHOSEN: join(folder, 'first') }
    await expect(findProgram(spec, { environment })).rejects.toMatchObject({ code: 'program-not-found' })
  })

  describe('a cache that was damaged is installed anew', () => {
    const options = () => ({ environment: { PATH: '' }, cache: folder })
    const install = async (into: string): Promise<string> => {
      makeExecutable(join(into, 'bin/program'))
      return 'bin/program'
    }
    const record = () => join(folder, name, 'installation.json')
    const program = () => join(folder, name, 'bin/program')

    it.each<[string, () => void]>([
      [
        'whose record was cut off',
        () => writeFileSync(record(), readFileSync(record(), 'utf8').slice(0, 20)),
      ],
      ['whose record is empty', () => writeFileSync(record(), '')],
      ['whose record is of another kind', () => writeFileSync(record(), '{"executable":7}')],
      ['whose record is null', () => writeFileSync(record(), 'null')],
      ['without its record', () => rmSync(record())],
      ['without the program', () => rmSync(program())],
      ['with a program that was cut off', () => truncateSync(program(), 3)],
      ['with a program that may not be run', () => chmodSync(program(), 0o644)],
      [
        'with a folder in the place of the program',
        () => {
          rmSync(program())
          mkdirSync(program())
        },
      ],
      [
        'with a file in the place of its folder',
        () => {
          rmSync(join(folder, name), { recursive: true })
          writeFileSync(join(folder, name), '')
        },
      ],
    ])('%s', async (_how, damage) => {
      const spec = { name, install }
      await findProgram(spec, options())
      damage()
      await expect(findProgram(spec, { ...options(), install: false })).rejects.toThrow(folder)
      expect(await findProgram(spec, options())).toMatchObject({ origin: 'installed' })
      expect(await findProgram(spec, options())).toMatchObject({ origin: 'cache' })
      expect(readFileSync(program(), 'utf8')).toBe('#!/bin/sh\n')
    })
  })

  it('removes what a killed installation left, once that is old, and none that is under way', async () => {
    const [old, young] = [`${join(folder, name)}.unfinished-old`, `${join(folder, name)}.unfinished-young`]
    for (const path of [old, young]) mkdirSync(path)
    utimesSync(old, 0, 0)
    const install = async (into: string): Promise<string> => {
      makeExecutable(join(into, 'program'))
      return 'program'
    }
    await findProgram({ name, install }, { environment: { PATH: '' }, cache: folder })
    expect([existsSync(old), existsSync(young)]).toEqual([false, true])
  })

  it.each<[string, () => string]>([
    [
      'a file in the place of the cache folder',
      () => {
        writeFileSync(join(folder, 'file'), '')
        return join(folder, 'file')
      },
    ],
    ['a cache folder that cannot be made', () => '/sys/sapwood'],
  ])('says what to do about %s', async (_what, cache) => {
    const spec = { name, install: () => Promise.resolve('program') }
    await expect(findProgram(spec, { environment: { PATH: '' }, cache: cache() })).rejects.toMatchObject({
      code: 'folder-unusable',
      message: expect.stringContaining('SAPWOOD_CACHE') as string,
    })
  })

  it('says what was tried and what to do, and leaves nothing half made', async () => {
    const spec = { name, variable: 'CHOSEN', install: () => Promise.reject(new Error('no network')) }
    const error: unknown = await findProgram(spec, { environment: { PATH: '' }, cache: folder }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'program-not-found' })
    expect(String(error)).toMatch(/on PATH: not there[^]*no network[^]*set CHOSEN/)
    // The folder of a cache keeps itself out of the repository that it stands in.
    expect(readdirSync(folder)).toEqual(['.gitignore'])
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n')
    await expect(
      findProgram(spec, { environment: { PATH: '' }, cache: folder, install: false }),
    ).rejects.toThrow('not there')
  })
})
