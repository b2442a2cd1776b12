import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { ClassicLevel } from 'classic-level'
import { networks } from '@sapwood/wire-codec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asWhoeverMayNotWrite } from '../../test/support/as-whoever-may-not-write.ts'
import { createNode } from '../handle/create-node.ts'
import { openStore } from './open-store.node.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../test/support/open-store-child.ts', import.meta.url))
const SOURCE = ['--import', 'tsx', '--conditions=@sapwood/source']

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-store-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Opens the store in another process. @returns `opened`, or the code of the error. */
async function openElsewhere(path: string, before: readonly string[] = []): Promise<string> {
  const [program, ...args] = [...before, process.execPath, ...SOURCE, PROGRAM, path]
  const { stdout } = await run(program, args)
  return stdout.trim()
}

/** Opens the store in another thread of this process. */
async function openInThread(path: string): Promise<string> {
  const worker = new Worker(new URL('../../test/support/open-store-thread.mjs', import.meta.url), {
    workerData: path,
    execArgv: ['--conditions=@sapwood/source'],
  })
  try {
    return await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  } finally {
    await worker.terminate()
  }
}

describe('the lock of a store', () => {
  it('holds against this process, by whatever name, and against others, also after it has refused', async () => {
    const store = await openStore(folder)
    const link = `${folder}-link`
    await symlink(folder, link)
    try {
      for (const path of [folder, `${folder}/.`, link]) {
        await expect(openStore(path)).rejects.toMatchObject({
          name: 'NodeError',
          code: 'store-locked',
          detail: path,
        })
      }
      expect(await openElsewhere(folder)).toBe('store-locked')
    } finally {
      await rm(link)
      await store.close()
    }
    expect(await openElsewhere(folder)).toBe('opened')
    await (await openStore(folder)).close()
  })

  it('holds against another thread of this process, which has the same lock', async () => {
    const store = await openStore(folder)
    expect(await openInThread(folder)).toBe('store-locked')
    expect(await openElsewhere(folder)).toBe('store-locked')
    await store.close()
    expect(await openInThread(folder)).toBe('opened')
  })

  it('is told by its cause where another process has it', async () => {
    const level = new ClassicLevel(folder)
    await level.open()
    try {
      expect(await openElsewhere(folder)).toBe('store-locked')
    } finally {
      await level.close()
    }
  })

  it('is let go of by a store that could not be opened', async () => {
    const other = new ClassicLevel(folder)
    await other.put('mine', '1')
    await other.close()
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store-foreign' })
    await rm(folder, { recursive: true })
    await (await openStore(folder)).close()
  })
})

describe('a store that is not ours', () => {
  it('is not taken over from another program', async () => {
    const other = new ClassicLevel(folder)
    await other.sublevel('headers').put('1', 'theirs')
    await other.close()
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store-foreign', detail: folder })
    await other.open()
    expect(await other.sublevel('headers').get('1')).toBe('theirs')
    await other.close()
  })

  it('is told where it is another network’s', async () => {
    await using store = await openStore(folder)
    await (await createNode({ network: networks.regtest, connect: [] }, { store })).stop()
    await expect(createNode({ network: networks.signet, connect: [] }, { store })).rejects.toMatchObject({
      code: 'store-foreign',
    })
  })

  it('is told where there is no folder', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'text')
    for (const path of [file, join(file, 'below')]) {
      await expect(openStore(path)).rejects.toMatchObject({ code: 'store-foreign', cause: expect.any(Error) })
    }
  })

  it('is told where nothing may be written', async () => {
    const locked = join(folder, 'locked')
    await mkdir(locked, { mode: 0o555 })
    expect(await openElsewhere(join(locked, 'store'), asWhoeverMayNotWrite)).toBe('store-foreign')
    expect(await openElsewhere(locked, asWhoeverMayNotWrite)).toBe('store-foreign')
  })
})

describe('a store that is damaged', () => {
  async function filled(): Promise<readonly string[]> {
    const store = await openStore(folder)
    const value = new Uint8Array(100_000).map((_, index) => index * 7919)
    for (let n = 0; n < 80; n++) await store.namespace('a').batch([{ type: 'put', key: String(n), value }])
    await store.close()
    // Read back once: what stood in the log is in a table then.
    await (await openStore(folder)).close()
    return readdir(folder)
  }

  it.each(['CURRENT', 'MANIFEST-'])('is store-corrupt without %s', async (name) => {
    for (const each of await filled()) if (each.startsWith(name)) await rm(join(folder, each))
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store-corrupt', detail: folder })
  })

  it('is store-corrupt where it is read', async () => {
    const tables = (await filled()).filter((name) => name.endsWith('.ldb'))
    for (const table of tables) {
      const file = await open(join(folder, table), 'r+')
      await file.write(new Uint8Array(3_000).fill(0xaa), 0, 3_000, 50_000)
      await file.close()
    }
    const reading = async (): Promise<number> => {
      await using store = await openStore(folder)
      let read = 0
      for await (const [, value] of store.namespace('a').entries()) read += value.length
      return read
    }
    await expect(reading()).rejects.toMatchObject({ name: 'NodeError', code: 'store-corrupt' })
  })

  it('is typed where CURRENT says nothing', async () => {
    await filled()
    await truncate(join(folder, 'CURRENT'), 0)
    await expect(openStore(folder)).rejects.toMatchObject({ name: 'NodeError', code: 'store-corrupt' })
  })
})

it('refuses what is asked of it after it was closed', async () => {
  const store = await openStore(folder)
  const space = store.namespace('a')
  const closing = store.close()
  await expect(space.get('1')).rejects.toMatchObject({ code: 'store-failed' })
  await expect(space.batch([{ type: 'delete', key: '1' }])).rejects.toMatchObject({ code: 'store-failed' })
  await closing
  await store.close()
})
