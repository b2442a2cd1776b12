import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../programs/run-command.ts'
import { findProgram } from '../programs/find-program.ts'
import { bitcoinCoreArchive, findBitcoind, unpackArchive } from './find-bitcoind.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-archive-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Serves an archive with a `bitcoind` in it on 127.0.0.1. */
async function serveArchive(): Promise<{ readonly url: string; readonly sha256: string; stop(): void }> {
  mkdirSync(join(folder, 'made/bitcoin/bin'), { recursive: true })
  writeFileSync(join(folder, 'made/bitcoin/bin/bitcoind'), '#!/bin/sh\necho a bitcoind\n')
  chmodSync(join(folder, 'made/bitcoin/bin/bitcoind'), 0o755)
  writeFileSync(join(folder, 'made/bitcoin/COPYING'), 'its licence')
  await runCommand(['tar', '-czf', join(folder, 'made.tar.gz'), '-C', join(folder, 'made'), 'bitcoin'])
  const bytes = readFileSync(join(folder, 'made.tar.gz'))
  const server = createServer((request, response) => {
    if (request.url === '/archive') response.end(bytes)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { url: `http://127.0.0.1:${port}/archive`, sha256, stop: () => server.close() }
}

describe('the archive of Bitcoin Core', () => {
  it('is pinned for Linux and macOS on x86-64 and arm64, and for nothing else', () => {
    const machines = ['linux', 'darwin'].flatMap((platform) =>
      ['x64', 'arm64'].map((arch) => bitcoinCoreArchive(platform, arch)),
    )
    expect(new Set(machines.map(({ sha256 }) => sha256)).size).toBe(4)
    for (const { url, sha256 } of machines) {
      expect(url).toMatch(/^https:\/\/bitcoincore\.org\/bin\/.*(linux-gnu|apple-darwin)\.tar\.gz$/)
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    }
    expect(() => bitcoinCoreArchive('win32', 'x64')).toThrow(/no archive is pinned for win32 on x64/)
  })

  it('is unpacked when its hash is the pinned one, and refused otherwise', async () => {
    const served = await serveArchive()
    const executable = 'bitcoin/bin/bitcoind'
    const [good, bad] = [join(folder, 'good'), join(folder, 'bad')]
    mkdirSync(good)
    mkdirSync(bad)
    expect(await unpackArchive({ ...served, executable }, good)).toBe(executable)
    expect(await runCommand([join(good, executable)])).toBe('a bitcoind\n')
    const wrong = { ...served, sha256: '00'.repeat(32), executable }
    await expect(unpackArchive(wrong, bad)).rejects.toMatchObject({
      code: 'checksum-mismatch',
      expected: '00'.repeat(32),
      received: served.sha256,
    })
    expect(existsSync(join(bad, executable))).toBe(false)
    const missing = { ...served, url: `${served.url}-missing`, executable }
    await expect(unpackArchive(missing, bad)).rejects.toThrow('status 404')
    served.stop()
  })

  it('is kept beside another version, with its licence, and taken by its name alone', async () => {
    const served = await serveArchive()
    const archive = { ...served, executable: 'bitcoin/bin/bitcoind' }
    const cache = join(folder, 'cache')
    const elsewhere = {
      BITCOIND: join(folder, 'made/bitcoin/bin/bitcoind'),
      PATH: join(folder, 'made/bitcoin/bin'),
    }
    const options = { cache, environment: elsewhere }
    const knots = await findProgram(
      {
        name: 'bitcoind-knots',
        install: (into) => {
          writeFileSync(join(into, 'bitcoind'), '#!/bin/sh\necho knots\n', { mode: 0o755 })
          return Promise.resolve('bitcoind')
        },
      },
      options,
    )
    const core = await findBitcoind({ version: 'core@29.0', archive, ...options })
    expect([knots.origin, core.origin]).toEqual(['installed', 'installed'])
    served.stop()
    for (const [version, says] of [
      ['knots', 'knots'],
      ['core@29.0', 'a bitcoind'],
    ] as const) {
      const found = await findBitcoind({ version, archive, install: false, ...options })
      expect(found).toMatchObject({ origin: 'cache', folder: join(cache, `bitcoind-${version}`) })
      expect(await runCommand(found.command)).toBe(`${says}\n`)
    }
    expect(readFileSync(join(core.folder!, 'bitcoin/COPYING'), 'utf8')).toBe('its licence')
    expect(readFileSync(join(cache, '.gitignore'), 'utf8')).toBe('*\n')
    expect((await findBitcoind(options)).origin).toBe('variable')
  })

  it('is read no further than an archive can be long, whatever is served', async () => {
    let given = 0
    const server = createServer((_request, response) => {
      const piece = Buffer.alloc(65_536)
      const give = (): void => {
        while (response.writable && response.write(piece)) given += piece.length
      }
      response.on('drain', give)
      give()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const maxSize = 1_000_000
    const url = `http://127.0.0.1:${port}/`
    const archive = { url, sha256: '00'.repeat(32), executable: 'bitcoind', maxSize }
    mkdirSync(join(folder, 'into'))
    await expect(unpackArchive(archive, join(folder, 'into'))).rejects.toMatchObject({
      code: 'archive-too-large',
    })
    expect(readdirSync(join(folder, 'downloads'))).toEqual([])
    // What the kernel holds of a connection comes to some megabytes at most.
    expect(given).toBeLessThan(50 * maxSize)
    server.close()
  })
})
