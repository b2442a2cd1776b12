import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BundledChild, bundleChild } from '../../../tools/bundle-child/bundle-child.ts'

/** A node keeps 250 kB for 3,000 headers; LevelDB needs as much again to open a log. */
const DISK = '1500k'

let child: BundledChild
beforeAll(async () => {
  child = await bundleChild(new URL('support/full-disk-child.ts', import.meta.url))
})
afterAll(() => child[Symbol.asyncDispose]())

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-full-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** How this user may mount a disk that nobody else sees, if at all. */
const namespace = [['-m'], ['-Urm']].find(
  (options) => spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
)

function run(way: 'disk' | 'limit', ending: 'room' | 'full'): Record<string, unknown> {
  const node = [child.path, folder, way, ending]
  const options = { encoding: 'utf8', maxBuffer: 1e6 } as const
  if (way === 'disk' && namespace === undefined)
    throw new Error(
      'A disk of our own cannot be mounted: run as root, or allow user namespaces (unshare -Urm)',
    )
  const output =
    way === 'limit'
      ? execFileSync(process.execPath, node, options)
      : execFileSync(
          'unshare',
          [
            ...namespace!,
            'sh',
            '-c',
            `mount -t tmpfs -o size=${DISK} none "$0" && exec "$@"`,
            folder,
            process.execPath,
            ...node,
          ],
          options,
        )
  return JSON.parse(output) as Record<string, unknown>
}

// Files that may grow no further fail in the same place of LevelDB as a full disk does,
// and need no right to mount one.
describe.each([
  ['a disk that is full', 'disk'],
  ['files that may grow no further', 'limit'],
] as const)('a node on %s', (_, way) => {
  it('keeps what it acknowledges afterwards', () => {
    const said = run(way, 'room')
    expect(said).toMatchObject({ before: 'resolved', whileFull: 'store-full', stillFull: 'store-full' })
    expect(said).toMatchObject({ room: 'resolved', stop: 'resolved' })
    expect(said).toMatchObject({ height: 3_000, tip: said['expectedTip'] })
    expect(said['bans']).toEqual(['203.0.113.1', '203.0.113.4'])
  })

  it('does not say that it stopped well when it did not', () => {
    const said = run(way, 'full')
    expect(said).toMatchObject({ before: 'resolved', whileFull: 'store-full', stop: 'store-full' })
    expect(said['tip']).toBe(said['expectedTip'])
    // A short ban may have found room where long headers did not: then it is there.
    const acknowledged = said['room'] === 'resolved' ? ['203.0.113.4'] : []
    expect(said['bans']).toEqual(['203.0.113.1', ...acknowledged])
  })
})
