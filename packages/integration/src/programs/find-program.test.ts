import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

  it('says what was tried and what to do, and leaves nothing half made', async () => {
    const spec = { name, variable: 'CHOSEN', install: () => Promise.reject(new Error('no network')) }
    const error: unknown = await findProgram(spec, { environment: { PATH: '' }, cache: folder }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'program-not-found' })
    expect(String(error)).toMatch(/on PATH: not there[^]*no network[^]*set CHOSEN/)
    expect(existsSync(join(folder, `${name}.unfinished`))).toBe(false)
    await expect(
      findProgram(spec, { environment: { PATH: '' }, cache: folder, install: false }),
    ).rejects.toThrow('not there')
  })
})
